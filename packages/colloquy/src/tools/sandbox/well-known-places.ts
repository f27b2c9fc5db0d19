import { words } from './words.ts';

/** Of a home folder, what holds keys, passwords, tokens or what was typed: hidden, also where the home folder itself may be seen. */
export const SECRETS_AT_HOME: readonly string[] = words(`
  .ssh .gnupg .pki .password-store .local/share/keyrings .local/share/kwalletd .vault-token .aws .azure .kube .docker
  .oci .config/gcloud .config/rclone .config/op .config/sops .config/doctl .config/hcloud .config/containers .s3cfg
  .boto .terraform.d .terraformrc .netrc _netrc .git-credentials .config/git/credentials .config/gh .config/hub
  .config/glab-cli .npmrc .yarnrc .yarnrc.yml .pypirc .gem/credentials .cargo/credentials .cargo/credentials.toml
  .m2/settings.xml .m2/settings-security.xml .gradle/gradle.properties .nuget/NuGet .composer/auth.json .pgpass
  .my.cnf .mylogin.cnf .databrickscfg .huggingface .cache/huggingface/token .wandb .claude .claude.json .colloquy
  .anthropic .config/anthropic .codex .gemini .config/github-copilot .mozilla .thunderbird .config/google-chrome
  .config/chromium .config/BraveSoftware .config/Code .bash_history .zsh_history .python_history .node_repl_history
  .psql_history .mysql_history .config/systemd/user .Xauthority .ICEauthority .config/pulse/cookie
`);

/** Of the system, what a server that runs as root could read. */
export const SECRETS_OF_SYSTEM: readonly string[] = words(`
  /etc/shadow /etc/shadow- /etc/gshadow /etc/gshadow- /etc/sudoers /etc/sudoers.d /etc/ssh /etc/ssl/private
  /etc/pki/tls/private /etc/krb5.keytab /etc/kubernetes /etc/rancher /etc/docker /etc/wireguard /etc/openvpn
  /etc/NetworkManager/system-connections /etc/wpa_supplicant /etc/letsencrypt /etc/environment /etc/mysql/debian.cnf
`);

/** What a command sees of the system, if it is there. */
export const SYSTEM_PLACES: readonly string[] = words(`
  /usr /bin /sbin /lib /lib32 /lib64 /libx32 /etc /opt /nix /gnu /snap /sys/devices/system/cpu /sys/devices/system/node /sys/fs/cgroup /var/lib/dpkg /var/lib/rpm
  /var/lib/alternatives /var/cache/fontconfig
`);

/** What nobody else should bring to run by putting it into a working folder: read-only there, where it exists. */
export const PROTECTED_IN_WORKSPACE: readonly string[] = words(`
  .git/hooks .git/config .git/config.worktree .gitmodules .githooks .husky .hg/hgrc .pre-commit-config.yaml .claude
  .claude.json .mcp.json .colloquy .vscode .idea .zed .cursor .devcontainer .envrc .npmrc .yarnrc .yarnrc.yml
  .yarn/releases .pnpmfile.cjs .gitconfig .bashrc .bash_profile .bash_aliases .profile .zshrc .zprofile .zshenv
  .local/bin .config/autostart .config/fish .config/environment.d .config/git .cargo/config.toml .vimrc .exrc
`);

/** Those of them that would count from the moment they are there, and are therefore kept from being made. */
export const RESERVED_IN_WORKSPACE: readonly string[] = ['.claude', '.colloquy'];
