// Builds the native module of this platform into native/. `--release` builds it as it is published.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, renameSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const release = process.argv.includes('--release');
const args = ['build', '--locked', '-p', 'maestro-node', '--message-format=json-render-diagnostics', ...(release ? ['--release'] : [])];
const out = execFileSync('cargo', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 28 });
const built = out.split('\n').filter(Boolean).map((line) => JSON.parse(line))
  .find((message) => message.reason === 'compiler-artifact' && message.target.name === 'maestro_node');
const library = built.filenames.find((file) => /\.(so|dylib|dll)$/.test(file));
const to = fileURLToPath(new URL(`native/maestro.${process.platform}-${process.arch}.node`, import.meta.url));
mkdirSync(new URL('native/', import.meta.url), { recursive: true });
// A process that has the old one loaded keeps it.
copyFileSync(library, `${to}.new`);
if (release) execFileSync('strip', process.platform === 'darwin' ? ['-x', `${to}.new`] : ['--strip-unneeded', `${to}.new`]);
renameSync(`${to}.new`, to);
console.log(to);
