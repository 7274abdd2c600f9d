import { type BoardMachine, powerOnBoard } from '../machine/qemu-board.ts';

/** What a board does from power-on until it switches itself off, told in short words. */

/** An emulated machine on a busy one takes its time; one that has said nothing for so long is stuck. */
const SILENCE_MS_MAX = 300_000;
/** A board that starts anew this often has lost its way. */
const WORDS_MAX = 60;

/** What is looked for on the console, and the words it stands for. */
const SIGNS: readonly (readonly [RegExp, string])[] = [
  [/blockmesh: slot state: copy (\d) is damaged/, 'damaged $1'],
  [/blockmesh: no slot state could be read/, 'new state'],
  [/blockmesh: partition 5 begins at/, 'no state'],
  [/blockmesh: the slot state cannot be written/, 'unwritable state'],
  [/blockmesh: starting slot ([AB]), (\d) tries/, 'try $1 $2'],
  [/blockmesh: slot ([AB]) could not be started/, 'unstarted $1'],
  [/blockmesh: slot ([AB]) has no try left/, 'spent $1'],
  [/blockmesh: no slot has a try left/, 'refilled'],
  [/blockmesh: neither slot can be started/, 'neither'],
  [/blockmesh: overlay (\S+) does not fit/, 'bad overlay $1'],
  [/blockmesh: slot ([AB]) is the root/, 'root $1'],
  [/blockmesh: starting anew in/, 'failed'],
  [/Kernel panic/, 'panic'],
  [/bm:mode (\w+)/, 'mode $1'],
  [/bm:good /, 'good'],
];

export interface Life {
  readonly words: readonly string[];
  readonly lines: readonly string[];
}

/**
 * Powers a board on and lets it run until it powers itself off, or until it has said the word `end`.
 * @throws when it says nothing for long, or goes on and on.
 */
export async function live(machine: BoardMachine, disk: string, end?: string): Promise<Life> {
  const program = powerOnBoard(machine, disk);
  const words: string[] = [];
  let seen = 0;
  let isEnded = false;
  let stuck: string | undefined;
  const stop = (why?: string) => {
    stuck ??= why;
    program.signal('SIGKILL');
  };
  const silence = setTimeout(() => stop('it said nothing more'), SILENCE_MS_MAX);
  program.onChange(() => {
    silence.refresh();
    for (; seen < program.lines.length; seen += 1) {
      const word = wordOf(program.lines[seen] ?? '');
      if (word === undefined || isEnded) continue;
      words.push(word);
      isEnded = word === end;
      if (isEnded) stop();
      else if (words.length > WORDS_MAX) stop('it does not come to an end');
    }
  });
  await program.exited;
  clearTimeout(silence);
  const said = [...program.lines.slice(-40), program.stderr].join('\n');
  if (stuck !== undefined) throw new Error(`${stuck}: ${words.join(', ')}\n${said}`);
  if (words.length === 0) throw new Error(`the board did not start:\n${said}`);
  return { words, lines: program.lines };
}

function wordOf(line: string): string | undefined {
  for (const [sign, word] of SIGNS) {
    const match = sign.exec(line);
    if (match !== null) return word.replace(/\$(\d)/g, (_, group: string) => match[Number(group)] ?? '');
  }
  return undefined;
}
