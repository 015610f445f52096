/* What a person changes in lyrics, and what is sent to the server for it. Pure: no page, no network, no clock. */

/* "1:02.345" to milliseconds; also "62.3" and "1:02". Null for what is no time. */
export function parseTime(text) {
  const found = /^\s*(?:(\d{1,3}):)?(\d{1,4})(?:[.,](\d{1,3}))?\s*$/.exec(text);
  if (!found || (found[1] !== undefined && Number(found[2]) > 59)) return null;
  const seconds = Number(found[1] ?? 0) * 60 + Number(found[2]);
  return seconds * 1000 + Number((found[3] ?? '0').padEnd(3, '0'));
}

/* Milliseconds to "1:02.345", every digit, so that nothing is rounded on the way. */
export function formatTime(ms) {
  if (ms === null) return '';
  const seconds = String(Math.floor(ms / 1000) % 60).padStart(2, '0');
  return `${Math.floor(ms / 60000)}:${seconds}.${String(ms % 1000).padStart(3, '0')}`;
}

let lastKey = 0;

/* A line in the editor: what it was (null for a new one), and what it is now. */
function edited(was) {
  lastKey += 1;
  return { key: lastKey, was, text: was?.text ?? '', start: was?.start_ms ?? null, end: was?.end_ms ?? null, byHand: false };
}

export function linesOf(lyrics) {
  return lyrics.lines.map(edited);
}

export function withText(lines, key, text) {
  return lines.map((line) => (line.key === key ? { ...line, text } : line));
}

/* A new start takes the end along; a line that had no times lasts until the next one, three seconds at most. */
export function withStart(lines, key, start) {
  return lines.map((line, place) => {
    if (line.key !== key || start === line.start) return line;
    const next = lines.slice(place + 1).find((other) => other.start !== null && other.start > start)?.start ?? Infinity;
    const lasting = line.start === null ? Math.min(3000, next - start) : Math.max(0, line.end - line.start);
    return { ...line, start, end: start + lasting, byHand: true };
  });
}

export function withEnd(lines, key, end) {
  return lines.map((line) => (line.key === key && end !== line.end
    ? { ...line, start: line.start ?? end, end, byHand: true } : line));
}

export function withLineAfter(lines, key) {
  const place = lines.findIndex((line) => line.key === key);
  return [...lines.slice(0, place + 1), edited(null), ...lines.slice(place + 1)];
}

export function without(lines, key) {
  return lines.filter((line) => line.key !== key);
}

/* What a line's times are: 'changed' will be put on the voice, 'hand' is a person's, 'doubtful' should be checked,
   'lost' was not heard. */
export function stateOf(line) {
  if (line.byHand || (line.was && line.was.start_ms !== null && !line.was.aligned)) return 'hand';
  if (!line.was || line.text.trim() !== line.was.text || line.was.start_ms === null) return 'changed';
  if (!line.was.found) return 'lost';
  return line.was.warning ? 'doubtful' : 'found';
}

/* A line that a person timed is where it should be; its words were looked for inside of it. */
export function hasDoubtfulWords(line) {
  return stateOf(line) === 'hand' && !line.byHand && line.was.warning !== null && line.text.trim() === line.was.text;
}

export function isChanged(lines, lyrics) {
  const old = lyrics.lines;
  return lines.length !== old.length || lines.some((line, place) => line.was !== old[place]
    || line.text.trim() !== line.was.text || line.start !== line.was.start_ms || line.end !== line.was.end_ms);
}

/* Timed JSON: times for lines that a person timed, text alone for the rest; the server keeps what has not changed. */
export function toSend(lines) {
  return { lines: lines.filter((line) => line.text.trim()).map((line) => {
    const text = line.text.trim();
    if (stateOf(line) !== 'hand') return { text };
    const same = line.was && text === line.was.text && line.start === line.was.start_ms && line.end === line.was.end_ms;
    return { text, start_ms: line.start, end_ms: line.end, words: same ? line.was.words : [] };
  }) };
}
