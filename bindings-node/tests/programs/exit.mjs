import { busy } from './busy.mjs';

await busy(process.argv[2] || undefined);
process.stdout.write('busy\n', () => process.exit(7));
