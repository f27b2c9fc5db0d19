import type { MessageReply } from './reply.ts';
import { webFetch, webSearch } from './web-builders.ts';

/** A search that finds two pages, which say that they are made up. */
export function madeUpSearch(query: string): MessageReply {
  const name = encodeURIComponent(query.toLowerCase().replaceAll(/\s+/g, '-')).slice(0, 80);
  const results = [1, 2].map((number) => ({
    url: `https://example.com/${name}/${number}`,
    title: `${query}: made-up page ${number}`,
    pageAge: 'January 1, 2026',
  }));
  return webSearch(query, results);
}

/** A page that says that it is made up. */
export function madeUpPage(url: string): MessageReply {
  return webFetch(url, { title: `Made-up page ${url}`, text: `This page is made up. Its address is ${url}.` });
}
