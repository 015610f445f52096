/* Talking to the server: the song, its lyrics, and the events of the work on it. */

const TOKEN_KEY = `token ${location.origin}`;

/* A page on disk hands its token over behind the #, which is never sent; it is taken out of the address. */
const handed = new URLSearchParams(location.hash.slice(1)).get('token');
if (handed) {
  history.replaceState(null, '', location.pathname + location.search);
  try {
    localStorage.setItem(TOKEN_KEY, handed);
  } catch {
    // storage is switched off: the token is good until the page is left
  }
}

function token() {
  try {
    return localStorage.getItem(TOKEN_KEY) ?? handed ?? '';
  } catch {
    return handed ?? ''; // storage may be switched off
  }
}

/* Answers {ok, status, data}; status 0 when there was no answer. */
export async function call(method, path, body) {
  const headers = token() ? { Authorization: `Bearer ${token()}` } : {};
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  try {
    const response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    return { ok: response.ok, status: response.status, data: await response.json().catch(() => null) };
  } catch {
    return { ok: false, status: 0, data: null };
  }
}

/* Follow the work on a song: what was missed since `seq`, then live, also after the connection was lost. */
export function follow(fileId, seq, onEvent) {
  let last = seq;
  const socket = io({ auth: (give) => give(token() ? { token: token() } : {}) });
  socket.on('connect', () => socket.emit('subscribe', { [fileId]: last }));
  socket.on('processing_progress', (event) => {
    if (event.file_id !== fileId || event.seq <= last) return;
    last = event.seq;
    onEvent(event);
  });
}
