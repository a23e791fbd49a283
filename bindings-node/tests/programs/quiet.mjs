// Everything is closed, so that nothing keeps the process alive; a feed and a wait were left as they were.
import { busy } from './busy.mjs';

const maestro = await busy();
maestro.tasks.list().then(async ({ tasks }) => maestro.tasks.handle(tasks[0].id).wait()).catch(() => undefined);
await maestro.events.subscribe().ready();
await maestro.close();
console.log('closed');
