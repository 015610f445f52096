// Runs the order document's plain-JavaScript example unchanged: supplies what it calls and does not define.
//
// node order_document.cjs EXAMPLE.js SONG        (in a folder that has socket.io-client)
// Prints one JSON array per call of a supplied function, per event and per console line.

const { createRequire } = require('node:module');
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const { File } = require('node:buffer');

const { io } = createRequire(path.join(process.cwd(), 'package.json'))('socket.io-client');
const [example, song] = process.argv.slice(2);
const tell = (...words) => process.stdout.write(JSON.stringify(words) + '\n');

console.log = (...words) => tell('console', ...words);
for (const name of ['updateProgressBar', 'updateStatusMessage', 'showError', 'enableDownloadButtons']) {
  globalThis[name] = (...values) => tell(name, ...values);
}
globalThis.io = (...values) => {
  const socket = io(...values);
  socket.on('processing_progress', (event) => tell('event', event));
  socket.on('connect', () => uploadFile(new File([fs.readFileSync(song)], path.basename(song))));
  return socket;
};

vm.runInThisContext(fs.readFileSync(example, 'utf8'), { filename: example });
