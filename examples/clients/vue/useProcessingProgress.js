// A Vue composable: every song that the server works on, live, without a gap and without a repeat.
//
// const { songs, connected } = useProcessingProgress('http://localhost:5000');   (or a ref of an address)
// songs[fileId].stages[stage] is the last event of a stage, songs[fileId].latest the last of all.
// Needs: npm install vue socket.io-client

import { io } from 'socket.io-client';
import { reactive, ref, toValue, watchEffect } from 'vue';

export const STAGES = ['upload', 'separation', 'transcription', 'karaoke', 'complete'];

export function useProcessingProgress(url) {
  const songs = reactive({});
  const connected = ref(false);

  watchEffect((onCleanup) => {
    const socket = io(toValue(url));
    const lastSeq = {}; // by file_id
    const awaited = new Set(); // songs whose missed events are on their way

    function catchUp(wanted) {
      for (const fileId of Object.keys(wanted)) awaited.add(fileId);
      socket.emit('subscribe', wanted, () => Object.keys(wanted).forEach((fileId) => awaited.delete(fileId)));
    }

    socket.on('connect', () => {
      connected.value = true;
      catchUp(lastSeq); // what was sent while we were away
    });
    socket.on('disconnect', () => {
      connected.value = false;
      awaited.clear();
    });
    socket.on('processing_progress', (event) => {
      const last = (lastSeq[event.file_id] ??= 0);
      if (event.seq <= last) return;
      if (event.seq === last + 1) {
        lastSeq[event.file_id] = event.seq;
        take(songs, event);
      } else if (!awaited.has(event.file_id)) {
        catchUp({ [event.file_id]: last }); // this song began before we came
      }
    });
    onCleanup(() => {
      socket.close();
      for (const fileId of Object.keys(songs)) delete songs[fileId];
      connected.value = false;
    });
  });

  return { songs, connected };
}

function take(songs, event) {
  const song = (songs[event.file_id] ??= { stages: {}, latest: event });
  if (event.attempt !== song.latest.attempt) {
    // A new attempt begins at this stage: what the one before said of it and of all after it is out of date.
    for (const stage of STAGES.slice(STAGES.indexOf(event.stage))) delete song.stages[stage];
  }
  song.stages[event.stage] = event;
  song.latest = event;
}
