// Builds the native module of this platform into native/. `--release` builds it as it is published; `--no-default-features` is cargo's.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, renameSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const release = process.argv.includes('--release');
const args = [
  'build', '--locked', '-p', 'maestro-node', '--message-format=json-render-diagnostics', ...(release ? ['--profile', 'dist'] : []),
  ...process.argv.filter((arg) => arg === '--no-default-features'),
];
const cargo = spawnSync('cargo', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 28 });
if (cargo.error) throw cargo.error;
if (cargo.status !== 0) process.exit(1);
const built = cargo.stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line))
  .find((message) => message.reason === 'compiler-artifact' && message.target.name === 'maestro_node');
const library = built.filenames.find((file) => /\.(so|dylib|dll)$/.test(file));
const to = fileURLToPath(new URL(`native/maestro.${process.platform}-${process.arch}.node`, import.meta.url));
mkdirSync(new URL('native/', import.meta.url), { recursive: true });
// A process that has the old one loaded keeps it.
copyFileSync(library, `${to}.new`);
renameSync(`${to}.new`, to);
console.log(to);
