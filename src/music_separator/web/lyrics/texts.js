/* Every string of the editor, one table a language. {name} is filled in. */

export const TEXTS = {
  en: {
    title: 'Lyrics: {song}',
    back: '← All songs',
    listen: 'Listen and choose',
    player: 'Vocals of {song}',
    versions: 'Versions of the lyrics',
    version: '{number}. {source}: {beginning}',
    inUse: '(in use)',
    choose: 'Sing this version',
    help: 'Correct words or times and save. Only changed lines are fitted to the voice; all others keep their times. '
      + 'Enter goes to the next line, Ctrl+Enter saves.',
    lines: 'Lines',
    words: 'Words of line {number}',
    from: 'From',
    to: 'To',
    start: 'Start of line {number}',
    end: 'End of line {number}',
    play: 'Play',
    playLine: 'Play line {number}',
    now: 'Now',
    nowLine: 'Begin line {number} where the player is',
    add: 'Add',
    addLine: 'Add a line after line {number}',
    remove: 'Remove',
    removeLine: 'Remove line {number}',
    save: 'Save',
    undo: 'Undo all',
    alignAll: 'Fit all lines again',
    mark_hand: 'timed by hand',
    mark_words: 'timed by hand, words uncertain',
    mark_found: 'found in the voice',
    mark_doubtful: 'uncertain: please check',
    mark_lost: 'not found in the voice: is it sung?',
    mark_changed: 'will be fitted to the voice',
    mark_working: 'being fitted to the voice…',
    mark_new: 'fitted just now',
    doubts: 'Uncertain lines: {count}. They are marked; listen to them before you sing.',
    summary_none: 'Nothing is changed.',
    summary: 'To be fitted to the voice: {changed}. Timed by hand: {hand}.',
    waiting: 'Waiting for its turn…',
    working: 'Fitting the changed lines: {percent}',
    done: 'Saved. Lines fitted to the voice: {count}.',
    failed: 'The karaoke could not be made. {error}',
    noWords: 'There are no words yet. Add them on the page of all songs.',
    noSong: 'There is no such song.',
    locked: 'This server asks for a token. Open the page of all songs and give it there, then come back.',
    unreachable: 'The server cannot be reached. What you typed is still here: try again.',
    badTime: 'Write a time as minutes:seconds, such as 1:02.5.',
    source: 'Words: {source}',
    source_edited: 'edited',
    source_given: 'given with the song',
    source_timed_tags: 'from the tags of the file, with times',
    source_tags: 'from the tags of the file',
    source_lookup: 'looked up at {by}',
    source_transcriber: 'heard by {by}',
  },
  hr: {
    title: 'Tekst: {song}',
    back: '← Sve pjesme',
    listen: 'Slušanje i izbor',
    player: 'Vokal: {song}',
    versions: 'Inačice teksta',
    version: '{number}. {source}: {beginning}',
    inUse: '(u upotrebi)',
    choose: 'Pjevaj ovu inačicu',
    help: 'Ispravite riječi ili vremena pa spremite. Uz glas se usklađuju samo promijenjeni retci; ostali zadržavaju '
      + 'svoja vremena. Enter vodi u sljedeći redak, Ctrl+Enter sprema.',
    lines: 'Retci',
    words: 'Riječi retka {number}',
    from: 'Od',
    to: 'Do',
    start: 'Početak retka {number}',
    end: 'Kraj retka {number}',
    play: 'Slušaj',
    playLine: 'Slušaj redak {number}',
    now: 'Sada',
    nowLine: 'Započni redak {number} tu gdje je snimka',
    add: 'Dodaj',
    addLine: 'Dodaj redak iza retka {number}',
    remove: 'Ukloni',
    removeLine: 'Ukloni redak {number}',
    save: 'Spremi',
    undo: 'Poništi sve',
    alignAll: 'Ponovno uskladi sve',
    mark_hand: 'vrijeme zadano ručno',
    mark_words: 'vrijeme zadano ručno, riječi nesigurne',
    mark_found: 'pronađeno u glasu',
    mark_doubtful: 'nesigurno: provjerite',
    mark_lost: 'nije pronađeno u glasu: pjeva li se?',
    mark_changed: 'uskladit će se s glasom',
    mark_working: 'usklađuje se s glasom…',
    mark_new: 'upravo usklađeno',
    doubts: 'Nesigurnih redaka: {count}. Označeni su; poslušajte ih prije pjevanja.',
    summary_none: 'Ništa nije promijenjeno.',
    summary: 'Za usklađivanje s glasom: {changed}. Zadano ručno: {hand}.',
    waiting: 'Čeka na red…',
    working: 'Usklađivanje promijenjenih redaka: {percent}',
    done: 'Spremljeno. Usklađeno redaka: {count}.',
    failed: 'Karaoke nisu uspjele. {error}',
    noWords: 'Još nema riječi. Dodajte ih na stranici sa svim pjesmama.',
    noSong: 'Te pjesme nema.',
    locked: 'Ovaj poslužitelj traži token. Upišite ga na stranici sa svim pjesmama pa se vratite.',
    unreachable: 'Poslužitelj nije dostupan. Ono što ste upisali još je ovdje: pokušajte ponovno.',
    badTime: 'Vrijeme napišite kao minute:sekunde, na primjer 1:02.5.',
    source: 'Riječi: {source}',
    source_edited: 'ispravljene',
    source_given: 'priložene uz pjesmu',
    source_timed_tags: 'iz oznaka u datoteci, s vremenima',
    source_tags: 'iz oznaka u datoteci',
    source_lookup: 'pronađene na {by}',
    source_transcriber: 'prepoznao {by}',
  },
};

function remembered(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage may be switched off
  }
}

export const language = Object.hasOwn(TEXTS, remembered('language') ?? '') ? remembered('language')
  : /^(hr|bs|sr|sh)\b/i.test(navigator.language) ? 'hr' : 'en';

export function text(key, values = {}) {
  return TEXTS[language][key].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export function sourceText({ source, made_by: by }) {
  return text(`source_${source}`, { by });
}
