// A React hook: every song that the server works on, live, without a gap and without a repeat.
//
// const { songs, connected } = useProcessingProgress('http://localhost:5000');
// songs[fileId].stages[stage] is the last event of a stage, songs[fileId].latest the last of all.
// Needs: npm install react socket.io-client

import { useEffect, useState } from 'react';
import { io } from 'socket.io-client';

export const STAGES = ['upload', 'separation', 'transcription', 'karaoke', 'complete'];

export function useProcessingProgress(url) {
  const [songs, setSongs] = useState({});
  const [connected, setConnected] = useState(false);

  useEffect(() => {
    const socket = io(url);
    const lastSeq = {}; // by file_id; no state, because the very next event is compared with it
    const awaited = new Set(); // songs whose missed events are on their way

    const catchUp = (wanted) => {
      Object.keys(wanted).forEach((fileId) => awaited.add(fileId));
      socket.emit('subscribe', wanted, () => Object.keys(wanted).forEach((fileId) => awaited.delete(fileId)));
    };
    socket.on('connect', () => {
      setConnected(true);
      catchUp(lastSeq); // what was sent while we were away
    });
    socket.on('disconnect', () => {
      setConnected(false);
      awaited.clear();
    });
    socket.on('processing_progress', (event) => {
      const last = (lastSeq[event.file_id] ??= 0);
      if (event.seq <= last) return;
      if (event.seq === last + 1) {
        lastSeq[event.file_id] = event.seq;
        setSongs((before) => ({ ...before, [event.file_id]: withEvent(before[event.file_id], event) }));
      } else if (!awaited.has(event.file_id)) {
        catchUp({ [event.file_id]: last }); // this song began before we came
      }
    });
    return () => {
      socket.close();
      setSongs({});
      setConnected(false);
    };
  }, [url]);

  return { songs, connected };
}

function withEvent(song, event) {
  const stages = { ...song?.stages };
  if (event.attempt !== song?.latest.attempt) {
    // A new attempt begins at this stage: what the one before said of it and of all after it is out of date.
    STAGES.slice(STAGES.indexOf(event.stage)).forEach((stage) => delete stages[stage]);
  }
  stages[event.stage] = event;
  return { stages, latest: event };
}
