/**
 * Files and folders that make programs run, or that steer this program: no mode writes to them unasked. A name with a / in it
 * protects only what has both names, one after the other.
 */
const PROTECTED: readonly string[] = [
  // Repositories and what runs with them.
  '.git .gitconfig .gitmodules .githooks .husky .hg .svn .jj .pre-commit-config.yaml',
  // Agents and editors: settings, hooks, servers that are started.
  '.claude .claude.json .mcp.json .colloquy .vscode .idea .zed .cursor .devcontainer',
  // Shells and what they read when they start.
  '.bashrc .bash_profile .bash_login .bash_logout .bash_aliases .profile .inputrc',
  '.zshrc .zprofile .zshenv .zlogin .zlogout .kshrc .cshrc .tcshrc .login .config/fish',
  '.envrc .pam_environment .config/environment.d .xprofile .xinitrc .xsessionrc .tmux.conf',
  // What starts by itself.
  '.config/autostart .config/systemd Library/LaunchAgents .local/bin',
  // Tools that run what their settings say.
  '.npmrc .yarnrc .yarnrc.yml .yarn/releases .pnpmfile.cjs .config/git .cargo/config',
  '.cargo/config.toml .gradle/init.d .m2/settings.xml .vimrc .exrc .gdbinit .lldbinit',
].flatMap((line) => line.split(' '));

/** What holds keys and passwords: also reading it is asked, wherever it lies. */
const SECRET: readonly string[] = [
  '.ssh .gnupg .aws .azure .config/gcloud .kube .docker/config.json .config/gh',
  '.netrc _netrc .pgpass .git-credentials .config/git/credentials .pypirc .vault-token',
  '.cargo/credentials .cargo/credentials.toml .gem/credentials .terraform.d/credentials.tfrc.json',
  '.password-store .config/op .claude/.credentials.json .local/share/keyrings Library/Keychains',
].flatMap((line) => line.split(' '));

/** Characters that some file systems leave out when they compare names. */
const IGNORED = /[\u200c-\u200f\u202a-\u202e\u2060\u206a-\u206f\ufeff]/gu;

const protectedNames = new Set([...PROTECTED, ...SECRET].map((name) => name.toLowerCase()));
const secretNames = new Set(SECRET.map((name) => name.toLowerCase()));

/** The part of a path that no mode writes to unasked; undefined for a path like any other. */
export function protectedPart(path: string): string | undefined {
  return findPart(path, protectedNames);
}

/** The part of a path that is not even read unasked; undefined for a path like any other. */
export function secretPart(path: string): string | undefined {
  return findPart(path, secretNames);
}

function findPart(path: string, names: ReadonlySet<string>): string | undefined {
  const parts = path.split(/[\\/]/).filter((part) => part !== '' && part !== '.');
  const compared = parts.map(toCompared);
  for (const [index, name] of compared.entries()) {
    if (names.has(name)) return parts[index];
    // Two and three names, as in .config/git and .config/git/credentials.
    for (const length of [2, 3]) {
      const several = compared.slice(index, index + length);
      if (several.length === length && names.has(several.join('/')))
        return parts.slice(index, index + length).join('/');
    }
  }
  return undefined;
}

/** A name as the most generous file system compares it: no case, no trailing dots and spaces, no streams, no short names. */
function toCompared(name: string): string {
  const [plain = ''] = name.normalize('NFKC').replaceAll(IGNORED, '').toLowerCase().split(':');
  const trimmed = plain.replace(/[. ]+$/, '');
  const short = /^([a-z]{3,6})~\d$/.exec(trimmed);
  return short === null ? trimmed : `.${short[1]}`;
}
