// The package from CommonJS.
import maestro = require('@maestro/core');

void maestro.Maestro.open({ concurrency: 0 }).then(async (node) => {
  console.log('CommonJS:', (await node.projects.list()).length, 'projects');
  await node.close();
});
