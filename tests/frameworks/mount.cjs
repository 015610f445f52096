// Mounts a React or Vue component in a page without a browser and tells what the page shows, whenever that changes.
//
// node mount.cjs COMPONENT [NAME [PROPS]]        (in a folder that has esbuild, happy-dom, react, react-dom and vue)
// COMPONENT is a .jsx or .vue file; NAME is what to mount of a .jsx file that exports nothing; PROPS is JSON.
// Each line on stdin is the path of a song, chosen in the page's file input. At the end of stdin the component is
// unmounted, and the process ends by itself unless the component left something open.

const { createRequire } = require('node:module');
const { File } = require('node:buffer');
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');

const load = createRequire(path.join(process.cwd(), 'package.json'));
const esbuild = load('esbuild');
const sfc = load('vue/compiler-sfc');
const { Window } = load('happy-dom');

// A browser's own socket calls itself one, and so Vue never wraps it into a proxy; neither is it to wrap this one.
load('ws').prototype[Symbol.toStringTag] = 'WebSocket';

const [component, name, props = '{}'] = process.argv.slice(2);
const isVue = component.endsWith('.vue');

const sources = {
  name: 'sources',
  setup(build) {
    build.onLoad({ filter: /\.vue$/ }, ({ path: file }) => ({ contents: compiledVue(file), loader: 'js' }));
    build.onLoad({ filter: /\.jsx$/ }, ({ path: file }) => {
      const named = name && file === path.resolve(component) ? `\nexport { ${name} as default };\n` : '';
      return { contents: fs.readFileSync(file, 'utf8') + named, loader: 'jsx' };
    });
  },
};

function compiledVue(filename) {
  const { descriptor, errors } = sfc.parse(fs.readFileSync(filename, 'utf8'), { filename });
  if (errors.length > 0) throw errors[0];
  const script = sfc.compileScript(descriptor, { id: 'mounted', genDefaultAs: 'component' });
  const compilerOptions = { bindingMetadata: script.bindings };
  const template = sfc.compileTemplate({ source: descriptor.template.content, filename, id: 'mounted', compilerOptions });
  return `${script.content}\n${template.code}\ncomponent.render = render;\nexport default component;\n`;
}

function componentOf(file) {
  const options = { bundle: true, format: 'cjs', platform: 'node', packages: 'external', jsx: 'automatic', write: false };
  return esbuild.build({ entryPoints: [file], plugins: [sources], logLevel: 'error', ...options }).then((built) => {
    const module = { exports: {} };
    new Function('require', 'module', 'exports', built.outputFiles[0].text)(load, module, module.exports);
    return module.exports.default;
  });
}

function mount(made, target) {
  if (isVue) {
    const app = load('vue').createApp(made, JSON.parse(props));
    app.mount(target);
    return () => app.unmount();
  }
  const root = load('react-dom/client').createRoot(target);
  root.render(load('react').createElement(made, JSON.parse(props)));
  return () => root.unmount();
}

function percentOf(stage) {
  const bar = stage.querySelector('progress');
  return bar ? bar.value : Number.parseInt(stage.querySelector('.progress-bar > div').style.width, 10);
}

function shown(document) {
  const stages = [...document.querySelectorAll('.progress-stage')].map((stage) => ({
    file_id: stage.closest('[data-file-id]')?.dataset.fileId ?? null,
    stage: stage.querySelector('h4').textContent.trim().toLowerCase(),
    progress: percentOf(stage),
    message: stage.querySelector('p').textContent.trim(),
    error: stage.querySelector('span.error')?.textContent.trim() ?? null,
  }));
  return JSON.stringify({ stages, links: [...document.querySelectorAll('a')].map((link) => link.href) });
}

async function main() {
  const window = new Window({ url: 'http://localhost/' });
  const { document } = window;
  const globals = { window, document, navigator: window.navigator, Element: window.Element, SVGElement: window.SVGElement };
  for (const [known, value] of Object.entries(globals)) Object.defineProperty(globalThis, known, { value });
  const target = document.body.appendChild(document.createElement('div'));
  let last = '';
  const tell = () => {
    const now = shown(document);
    if (now !== last) process.stdout.write(`${now}\n`);
    last = now;
  };
  const observer = new window.MutationObserver(tell);
  observer.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  const unmount = mount(await componentOf(path.resolve(component)), target);

  const songs = readline.createInterface({ input: process.stdin });
  songs.on('line', (song) => {
    const input = document.querySelector('input[type="file"]');
    Object.defineProperty(input, 'files', { value: [new File([fs.readFileSync(song)], path.basename(song))], configurable: true });
    input.dispatchEvent(new window.Event('change', { bubbles: true }));
  });
  songs.on('close', async () => {
    unmount();
    observer.disconnect();
    await window.happyDOM.close();
  });
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
