// Runs the script of examples/clients/plain-javascript.html without a browser: a document of a few elements, one form.
//
// node plain_page.cjs PAGE.html SERVER SONG LYRICS.lrc        (in a folder that has socket.io-client)
// Prints what the page shows at its end, as JSON.

const { createRequire } = require('node:module');
const { webcrypto } = require('node:crypto');
const { File } = require('node:buffer');
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

const [page, server, song, lyrics] = process.argv.slice(2);
const sockets = createRequire(path.join(process.cwd(), 'package.json'))('socket.io-client');

class Element {
  children = [];
  append(...children) { this.children.push(...children); }
  replaceChildren(...children) {
    this.children = children;
    if (children.length > 0) finish();
  }
  addEventListener(name, listener) { this[`on${name}`] = listener; }
}

const found = Object.fromEntries(['form', '#stages', '#outcome', '#downloads'].map((name) => [name, new Element()]));
const head = new Element();
head.append = (script) => {
  if (script.src !== `${server}/socket.io/socket.io.js`) throw new Error(`The page loads ${script.src}`);
  // The browser's build wants a browser; node's is the same client.
  globalThis.io = (...values) => {
    const socket = sockets.io(...values);
    socket.on('connect', submit);
    globalThis.socket = socket;
    return socket;
  };
  script.onload();
};

globalThis.document = { head, createElement: () => new Element(), querySelector: (name) => found[name] };
globalThis.location = { search: `?server=${encodeURIComponent(server)}` };
globalThis.crypto ??= webcrypto;
const NativeFormData = FormData;
globalThis.FormData = class extends NativeFormData {
  constructor() {
    super();
    this.append('file', new File([fs.readFileSync(song)], path.basename(song)));
    this.append('lyrics', fs.readFileSync(lyrics, 'utf8'));
  }
};

function submit() {
  found.form.onsubmit({ preventDefault() {}, target: found.form });
}

function finish() {
  const stages = found['#stages'].children.map((label) => label.children[0].textContent);
  const downloads = found['#downloads'].children.map((item) => item.children[0].href);
  process.stdout.write(JSON.stringify({ outcome: found['#outcome'].textContent, stages, downloads }) + '\n');
  globalThis.socket.close();
}

const [, script] = /<script>([\s\S]*)<\/script>/.exec(fs.readFileSync(page, 'utf8'));
vm.runInThisContext(script, { filename: page });
