// Upload songs and follow all of them: <Songs url="http://localhost:5000" />

import { useEffect, useState } from 'react';
import { STAGES, useProcessingProgress } from './useProcessingProgress.js';

export default function Songs({ url }) {
  const { songs, connected } = useProcessingProgress(url);
  const [problem, setProblem] = useState('');

  async function upload(files) {
    setProblem('');
    for (const file of files) {
      const form = new FormData();
      form.append('file', file);
      const answer = await fetch(`${url}/upload?model=demucs`, { method: 'POST', body: form });
      if (!answer.ok) setProblem((await answer.json()).error);
    }
  }

  return (
    <main>
      <label>
        Songs with lyrics in their tags <input type="file" multiple onChange={(event) => upload(event.target.files)} />
      </label>
      <p role="status">{problem || (connected ? 'Connected' : `Waiting for ${url}`)}</p>
      {Object.entries(songs).map(([fileId, song]) => (
        <Song key={fileId} url={url} fileId={fileId} song={song} />
      ))}
    </main>
  );
}

function Song({ url, fileId, song }) {
  const finished = Object.values(song.stages).filter(({ progress }) => progress === 100).length;
  const job = useJob(`${url}/jobs/${fileId}`, finished);
  return (
    <section data-file-id={fileId}>
      <h3>{job?.filename ?? fileId}</h3>
      {STAGES.slice(0, -1).map((name) => (
        <Stage key={name} name={name} event={song.stages[name]} />
      ))}
      <ul>
        {job?.results.map((result) => (
          <li key={result.name}>
            <a href={url + result.download_url}>{result.filename}</a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Stage({ name, event }) {
  const left = event?.stage_eta_seconds;
  return (
    <div className="progress-stage">
      <h4>{name}</h4>
      <progress max="100" value={event?.progress ?? 0} aria-label={name} />
      <p>{event?.message ?? 'Waiting...'}</p>
      {left != null && <small>{Math.round(left)} s left</small>}
      {event?.error && <span className="error">{event.error}</span>}
    </div>
  );
}

// The snapshot of a job: fetched at first, and again with every finished stage, for the files that it made.
function useJob(address, finished) {
  const [job, setJob] = useState(null);
  useEffect(() => {
    const leaving = new AbortController();
    fetch(address, { signal: leaving.signal })
      .then((answer) => answer.json())
      .then(setJob, () => {}); // left, or offline: the events go on
    return () => leaving.abort();
  }, [address, finished]);
  return job;
}
