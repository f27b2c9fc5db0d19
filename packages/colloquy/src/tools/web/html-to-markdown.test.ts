import { expect, test } from 'vitest';
import { htmlToMarkdown } from './html-to-markdown.ts';
import { stripTags } from './strip-tags.ts';

const o = { url: 'https://a.example/docs/page', signal: new AbortController().signal };

test('a page becomes Markdown, with whole links and without what is not shown', async () => {
  const html = `<html><head><title>The &amp; title</title><style>p{}</style></head><body>
    <script>alert(1)</script><h2>One</h2><p>Some <b>bold</b> text, <a href="../x?y=1">a link</a>, <a href="javascript:go()">none</a>,
    <a href="mailto:a@b.c">mail</a>.</p><img src="data:image/png;base64,AAAA" alt="a picture"><img src="/i.png" alt="shown"><img src="/j.png">
    <pre><code>let a = 1;</code></pre><table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2 | 3</td></tr></table></body></html>`;
  const { text, cut } = await htmlToMarkdown(html, o);
  expect(cut).toBe(false);
  expect(text).toMatchInlineSnapshot(`
    "# The & title

    ## One

    Some **bold** text, [a link](https://a.example/x?y=1), none, mail.

    a picture![shown](https://a.example/i.png)

    \`\`\`
    let a = 1;
    \`\`\`

    | A | B |
    | --- | --- |
    | 1 | 2 \\| 3 |"
  `);
});

test.each([
  ['is nested too deep', '<div>'.repeat(20_000)],
  ['takes too long', '<div><b>'.repeat(50_000)],
])('a page that %s for the library comes as bare text', async (_, before) => {
  const html = `${before}The text<script>no</script> of it`;
  expect((await htmlToMarkdown(html, { ...o, timeoutMs: 300 })).text).toBe('The text\nof it');
});

test('a page that is too long is cut, and that is said', async () => {
  const { text, cut } = await htmlToMarkdown(`<p>${'a '.repeat(1_100_000)}</p>`, o);
  expect(cut).toBe(true);
  expect(text.length).toBeLessThan(2_000_000);
});

test('an interrupt ends the thread at once', async () => {
  const stop = new AbortController();
  const reading = htmlToMarkdown('<p>x</p>', { ...o, signal: stop.signal });
  stop.abort(new Error('stopped'));
  await expect(reading).rejects.toThrow('stopped');
});

test('without a parser, tags go and text stays, in one pass', () => {
  expect(stripTags('<p>a<b>b</b></p><!-- c --><style>d</style><p>e &lt; f &#65;&#x42; &unknown; &#0;</p>')).toBe(
    'ab\ne < f AB &unknown; &#0;',
  );
  expect(stripTags('a < b <1> <!doctype html> <script>never closed')).toBe('a < b <1>');
  expect(stripTags('<'.repeat(200_000))).toHaveLength(200_000);
  expect(stripTags('<script>'.repeat(50_000))).toBe('');
  expect(stripTags('<!--'.repeat(50_000))).toBe('');
});
