// Upload a song (or only listen) and print one line per event; ends with 0 on complete, 1 on failure or cancel.
//
// Run:  npm install socket.io-client
//       node node-listen.mjs SERVER [SONG [LYRICS.lrc]]
//       node node-listen.mjs http://localhost:5000 song.mp3 song.lrc
// Without SONG it prints the events of all songs until Ctrl-C.

import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { io } from 'socket.io-client';

const [server = 'http://localhost:5000', song, lyrics] = process.argv.slice(2);
let fileId = song && randomUUID();
const socket = io(server);
let lastSeq = 0;

socket.on('connect_error', (error) => console.error(`Waiting for ${server}: ${error.message}`));
socket.on('processing_progress', onProgress);
socket.on('connect', async () => {
  if (!song) return;
  // Reconnected: ask for what was sent meanwhile. The first time there is nothing yet, so begin.
  if (lastSeq > 0) socket.emit('subscribe', { [fileId]: lastSeq });
  else await upload().catch(stop);
});

function onProgress(event) {
  if (song && event.file_id !== fileId) return;
  // After a reconnect a live event may overtake the replay: only the next number counts, the rest comes again.
  if (song && event.seq !== lastSeq + 1) return;
  lastSeq = event.seq;
  const left = event.eta_seconds === null ? '' : ` (${Math.round(event.eta_seconds)} s left)`;
  console.log(`[${event.stage}] ${event.progress}%: ${event.message}${left}`);
  if (!song) return;
  if (event.error) stop(new Error(event.error));
  else if (event.status === 'cancelled') stop(new Error('The job was cancelled.'));
  else if (event.stage === 'complete') listDownloads().then(() => stop(), stop);
}

async function upload() {
  const form = new FormData();
  if (lyrics) form.append('lyrics', await readFile(lyrics, 'utf8'));
  form.append('file', new Blob([await readFile(song)]), basename(song));
  const job = await ask(`/upload?model=demucs&file_id=${fileId}`, { method: 'POST', body: form });
  if (job.file_id === fileId) return;
  // The server has this very song already, under the id it got then.
  fileId = job.file_id;
  if (job.status === 'done') await listDownloads().then(() => stop());
  else {
    lastSeq = job.last_seq;
    socket.emit('subscribe', { [fileId]: lastSeq });
  }
}

async function listDownloads() {
  const { results } = await ask(`/jobs/${fileId}`);
  for (const result of results) console.log(result.url);
}

async function ask(path, options) {
  const answer = await fetch(server + path, options);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error);
  return body;
}

function stop(error) {
  if (error) console.error(error.message);
  process.exitCode = error ? 1 : 0;
  socket.close();
}
