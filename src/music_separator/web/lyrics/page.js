/* The editor on the page: draws the lines, hears what a person does, saves, and follows the work. */

import {
  formatTime, hasDoubtfulWords, isChanged, linesOf, parseTime, stateOf, toSend, withEnd, without, withLineAfter,
  withStart, withText,
} from './edits.js';
import { call, follow } from './server.js';
import { language, sourceText, text } from './texts.js';

const FILE_ID = new URLSearchParams(location.search).get('song') ?? '';
const ADDRESS = `/jobs/${encodeURIComponent(FILE_ID)}`;
const part = (id) => document.getElementById(id);
const rows = new Map(); // key of a line -> its element

let job = null;
let lyrics = null; // as the server has them
let lines = []; // as they are on the page
let percent = null; // of the karaoke that is being made; null while none is
let sent = new Set(); // keys of the lines that were sent to be fitted
let fitted = new Set(); // places of the lines that were fitted by the last save

function announce(words) {
  part('announcer').textContent = words;
}

function complain(words) {
  part('problem').textContent = words;
  part('problem').hidden = words === '';
}

function problemOf({ status, data }) {
  if (status === 0) return text('unreachable');
  if (status === 401) return text('locked');
  if (status === 404 && data?.code === 'unknown_file_id') return text('noSong');
  return data?.error ?? String(status);
}

/* ---- Drawing ---- */

function draw() {
  drawLines();
  const changed = isChanged(lines, lyrics);
  const states = lines.map(stateOf);
  const isWorking = percent !== null;
  const count = (state) => states.filter((one) => one === state).length;
  part('summary').textContent = changed
    ? text('summary', { changed: count('changed'), hand: count('hand') }) : text('summary_none');
  part('summary').hidden = isWorking;
  const doubtful = isWorking ? 0 : count('doubtful') + count('lost');
  part('doubts').hidden = doubtful === 0;
  part('doubts').textContent = text('doubts', { count: doubtful });
  part('progress').hidden = !isWorking;
  if (isWorking) drawProgress();
  for (const id of ['save', 'undo']) part(id).disabled = isWorking || !changed;
  for (const id of ['align-all', 'choose']) part(id).disabled = isWorking;
}

function drawProgress() {
  const shown = new Intl.NumberFormat(language, { style: 'percent' }).format(percent / 100);
  const track = part('progress').querySelector('.track');
  part('progress-words').textContent = percent ? text('working', { percent: shown }) : text('waiting');
  track.setAttribute('aria-valuenow', percent);
  track.querySelector('.fill').style.width = `${percent}%`;
}

function drawLines() {
  for (const [key, row] of rows) {
    if (lines.some((line) => line.key === key)) continue;
    row.remove();
    rows.delete(key);
  }
  lines.forEach((line, place) => {
    const row = rows.get(line.key) ?? makeRow(line.key);
    if (part('lines').children[place] !== row) part('lines').insertBefore(row, part('lines').children[place] ?? null);
    drawLine(row, line, place);
  });
}

function drawLine(row, line, place) {
  const number = place + 1;
  const set = (selector, value) => {
    const field = row.querySelector(selector);
    if (field !== document.activeElement && field.value !== value) field.value = value;
  };
  const label = (selector, key) => row.querySelector(selector).setAttribute('aria-label', text(key, { number }));
  row.querySelector('.number').textContent = number;
  set('.words', line.text);
  set('.start', formatTime(line.start));
  set('.end', formatTime(line.end));
  for (const name of ['words', 'start', 'end']) label(`.${name}`, name);
  for (const name of ['play', 'now', 'add', 'remove']) label(`[data-act=${name}]`, `${name}Line`);
  for (const field of row.querySelectorAll('input, button:not([data-act=play])')) field.disabled = percent !== null;
  row.querySelector('[data-act=play]').disabled = line.start === null;
  const state = markOf(line, place);
  row.dataset.state = state;
  row.querySelector('.mark').textContent = text(`mark_${state}`);
}

function markOf(line, place) {
  const state = stateOf(line);
  if (hasDoubtfulWords(line)) return 'words';
  if (percent !== null) return sent.has(line.key) ? 'working' : state;
  return fitted.has(place) && state === 'found' && line.was === lyrics.lines[place] ? 'new' : state;
}

function makeRow(key) {
  const row = part('line-template').content.cloneNode(true).querySelector('.line');
  for (const element of row.querySelectorAll('[data-text]')) element.textContent = text(element.dataset.text);
  for (const button of row.querySelectorAll('[data-act]')) {
    button.textContent = text(button.dataset.act);
    button.addEventListener('click', () => ACTIONS[button.dataset.act](key));
  }
  row.querySelector('.words').addEventListener('input', (event) => change(withText(lines, key, event.target.value)));
  row.querySelector('.words').addEventListener('keydown', (event) => goOn(event, key));
  row.querySelector('.start').addEventListener('change', (event) => retime(event.target, key, withStart));
  row.querySelector('.end').addEventListener('change', (event) => retime(event.target, key, withEnd));
  rows.set(key, row);
  return row;
}

function drawSong() {
  const song = job.title || job.filename;
  const vocals = job.results.find((result) => result.name === 'vocals');
  document.title = text('title', { song });
  part('song').textContent = text('title', { song });
  part('source').textContent = lyrics.source ? text('source', { source: sourceText(lyrics) }) : '';
  part('player').hidden = !vocals;
  part('player').setAttribute('aria-label', text('player', { song }));
  if (vocals && part('player').paused) part('player').src = vocals.download_url;
  part('version').replaceChildren(...lyrics.versions.map((version) => {
    const values = { number: version.number, source: sourceText(version), beginning: version.beginning.split('\n')[0] };
    const words = text('version', values) + (version.in_use ? ` ${text('inUse')}` : '');
    return new Option(words, version.number, version.in_use, version.in_use);
  }));
  part('tools').hidden = lyrics.versions.length === 0;
  part('editor').hidden = lyrics.lines.length === 0;
  if (lyrics.versions.length === 0) complain(text('noWords'));
}

/* ---- What a person does ---- */

function change(now) {
  lines = now;
  draw();
}

function retime(field, key, how) {
  const ms = parseTime(field.value);
  field.setAttribute('aria-invalid', ms === null);
  if (ms === null) {
    complain(text('badTime'));
    return;
  }
  complain('');
  change(how(lines, key, ms));
  field.value = formatTime(ms);
}

/* Enter goes to the words of the next line. */
function goOn(event, key) {
  if (event.key !== 'Enter' || event.ctrlKey || event.metaKey || event.isComposing) return;
  event.preventDefault();
  const next = lines[lines.findIndex((line) => line.key === key) + 1];
  if (next) rows.get(next.key).querySelector('.words').focus();
}

const ACTIONS = {
  play(key) {
    const player = part('player');
    player.currentTime = lines.find((line) => line.key === key).start / 1000;
    player.play();
  },
  now(key) {
    change(withStart(lines, key, Math.round(part('player').currentTime * 1000)));
  },
  add(key) {
    change(withLineAfter(lines, key));
    rows.get(lines[lines.findIndex((line) => line.key === key) + 1].key).querySelector('.words').focus();
  },
  remove(key) {
    const place = lines.findIndex((line) => line.key === key);
    change(without(lines, key));
    const beside = lines[Math.min(place, lines.length - 1)];
    if (beside) rows.get(beside.key).querySelector('.words').focus();
    else part('undo').focus();
  },
};

/* The bar is there before the answer is: a short work may be over before it. */
async function put(body, query, keys) {
  complain('');
  fitted = new Set();
  sent = keys;
  percent = 0;
  draw();
  const answer = await call('PUT', `${ADDRESS}/lyrics${query}`, body);
  if (answer.ok && answer.data.done !== 'saved') return;
  percent = null;
  if (answer.ok) {
    await load();
  } else {
    complain(problemOf(answer));
    draw();
  }
}

function save(query = '') {
  const all = query !== '';
  const fit = lines.filter((line) => line.text.trim() && (all ? stateOf(line) !== 'hand' : stateOf(line) === 'changed'));
  return put(toSend(lines), query, new Set(fit.map((line) => line.key)));
}

/* ---- Following the work ---- */

function onEvent(event) {
  if (event.stage === 'karaoke' && ['queued', 'running'].includes(event.status)) {
    percent = event.progress;
    draw();
  } else if (event.stage === 'complete' || event.status === 'failed' || event.status === 'cancelled') {
    over(event);
  }
}

async function over(event) {
  percent = null;
  const places = lines.filter((line) => line.text.trim()).flatMap((line, place) => (sent.has(line.key) ? [place] : []));
  if (event.stage !== 'complete') {
    complain(text('failed', { error: event.error ?? event.message }));
    draw();
    return;
  }
  fitted = new Set(places);
  sent = new Set();
  announce(text('done', { count: places.length }));
  await load();
}

async function load() {
  const [song, words] = await Promise.all([call('GET', ADDRESS), call('GET', `${ADDRESS}/lyrics`)]);
  if (!song.ok || !words.ok) {
    complain(problemOf(song.ok ? words : song));
    return false;
  }
  job = song.data;
  lyrics = words.data;
  lines = linesOf(lyrics);
  drawSong();
  draw();
  return true;
}

function listen() {
  part('editor').addEventListener('submit', (event) => {
    event.preventDefault();
    save();
  });
  part('editor').addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    const field = document.activeElement;
    field.blur(); // a time that is being typed counts
    if (part('save').disabled) field.focus();
    else save();
  });
  part('undo').addEventListener('click', () => change(linesOf(lyrics)));
  part('align-all').addEventListener('click', () => save('?align=all'));
  part('choose').addEventListener('click', () => put({ number: Number(part('version').value) }, '', new Set()));
  window.addEventListener('beforeunload', (event) => {
    if (lyrics && percent === null && isChanged(lines, lyrics)) event.preventDefault();
  });
}

document.documentElement.lang = language;
for (const element of document.querySelectorAll('[data-text]')) element.textContent = text(element.dataset.text);
listen();
if (await load()) {
  if (['queued', 'running'].includes(job.status)) {
    percent = job.stages.find((stage) => stage.stage === 'karaoke')?.progress ?? 0;
    draw();
  }
  follow(FILE_ID, job.last_seq, onEvent);
}
