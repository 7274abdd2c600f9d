import type { SlotState } from '../../image/boot/slot-state.ts';
import {
  copyStart,
  readAt,
  removeFile,
  replaceFile,
  setMode,
  setOptions,
  setState,
  spoilCopy,
  spoilFile,
  statesOf,
  writeAt,
} from './boot-changes.ts';
import { STARTS } from './boot-disk.ts';

/** What is done to a card, and what a board that is started from it must do. */
export interface BootCase {
  readonly name: string;
  readonly prepare: (disk: string) => void;
  /** The words of `boot-life.ts`, in their order. */
  readonly words: readonly string[];
  /** The board is switched off once it says this; by itself it would go on. */
  readonly end?: string;
  /** What the newer copy of the state says in the end. */
  readonly state: Partial<SlotState>;
  /** What the board must have: others leave the case out. */
  readonly needs?: 'watchdog' | 'overlays';
}

const GOOD_A = ['try A 2', 'root A', 'mode good', 'good'] as const;
const GOOD_B = ['try B 2', 'root B', 'mode good', 'good'] as const;
const triesOfA = (...after: readonly string[]) => [2, 1, 0].flatMap((left) => [`try A ${left}`, ...after]);
const state = (values: Partial<SlotState>): SlotState => {
  return { generation: '1', BOOT_ORDER: 'A B', BOOT_A_LEFT: '3', BOOT_B_LEFT: '3', ...values };
};

/** The one that a short run takes: tries count down, a damaged copy is survived, and the other slot takes over. */
export const SHORT_CASE: BootCase = {
  name: 'a slot that never becomes healthy, and a damaged copy of the state',
  prepare: (disk) => {
    setMode(disk, 'A', 'idle');
    spoilCopy(disk, 1);
  },
  words: ['damaged 1', ...triesOfA('root A', 'mode idle'), 'spent A', ...GOOD_B],
  state: { BOOT_A_LEFT: '0', BOOT_B_LEFT: '3', BOOT_ORDER: 'A B' },
};

const SLOT_CASES: readonly BootCase[] = [
  {
    name: 'a new card',
    prepare: () => undefined,
    words: GOOD_A,
    state: { generation: '3', BOOT_A_LEFT: '3', BOOT_B_LEFT: '3' },
  },
  {
    name: 'no kernel in slot A',
    prepare: (disk) => removeFile(disk, 'A', '/boot/vmlinuz'),
    words: ['try A 2', 'unstarted A', ...GOOD_B],
    state: { BOOT_A_LEFT: '2', BOOT_B_LEFT: '3' },
  },
  {
    name: 'one bit of the kernel in slot A is wrong',
    prepare: (disk) => spoilFile(disk, 'A', '/boot/vmlinuz', 1000),
    words: ['try A 2', 'unstarted A', ...GOOD_B],
    state: { BOOT_A_LEFT: '2', BOOT_B_LEFT: '3' },
  },
  {
    name: 'one bit of the initramfs in slot A is wrong',
    prepare: (disk) => spoilFile(disk, 'A', '/boot/initramfs', 100),
    words: ['try A 2', 'unstarted A', ...GOOD_B],
    state: { BOOT_A_LEFT: '2' },
  },
  {
    name: 'boot.env of slot A is garbage',
    prepare: (disk) => replaceFile(disk, 'A', '/boot/boot.env', 'kernel_size=0\nBOOT_A_LEFT=9\n\u0001=='),
    words: ['try A 2', 'unstarted A', ...GOOD_B],
    state: { BOOT_A_LEFT: '2' },
  },
  {
    name: 'slot A was never written',
    prepare: (disk) => writeAt(disk, STARTS.slotA, new Uint8Array(1024 * 1024)),
    words: ['try A 2', 'unstarted A', ...GOOD_B],
    state: { BOOT_A_LEFT: '2' },
  },
  {
    name: 'no init in slot A',
    prepare: (disk) => removeFile(disk, 'A', '/sbin/init'),
    words: [...triesOfA('failed'), 'spent A', ...GOOD_B],
    state: { BOOT_A_LEFT: '0', BOOT_B_LEFT: '3' },
  },
  {
    name: 'slot A panics',
    prepare: (disk) => setMode(disk, 'A', 'panic'),
    words: [...triesOfA('root A', 'mode panic', 'panic'), 'spent A', ...GOOD_B],
    state: { BOOT_A_LEFT: '0', BOOT_B_LEFT: '3' },
  },
  {
    name: "slot A's first process ends",
    prepare: (disk) => {
      setMode(disk, 'A', 'exit');
      setState(disk, state({ BOOT_A_LEFT: '1' }));
    },
    words: ['try A 0', 'root A', 'mode exit', 'panic', 'spent A', ...GOOD_B],
    state: { BOOT_A_LEFT: '0', BOOT_B_LEFT: '3' },
  },
  {
    name: 'slot A hangs, and the watchdog sees it',
    prepare: (disk) => {
      setMode(disk, 'A', 'hang');
      setState(disk, state({ BOOT_A_LEFT: '1' }));
    },
    words: ['try A 0', 'root A', 'mode hang', 'spent A', ...GOOD_B],
    state: { BOOT_A_LEFT: '0', BOOT_B_LEFT: '3' },
    needs: 'watchdog',
  },
  {
    name: 'neither slot has a kernel',
    prepare: (disk) => {
      removeFile(disk, 'A', '/boot/vmlinuz');
      removeFile(disk, 'B', '/boot/vmlinuz');
      setState(disk, state({ BOOT_A_LEFT: '1', BOOT_B_LEFT: '0' }));
    },
    words: [
      ...['try A 0', 'unstarted A', 'spent B', 'refilled', 'try A 2', 'unstarted A', 'try B 2', 'unstarted B'],
      'neither',
    ],
    end: 'neither',
    state: { BOOT_A_LEFT: '2', BOOT_B_LEFT: '2' },
  },
];

const STATE_CASES: readonly BootCase[] = [
  {
    name: 'the second copy is damaged',
    prepare: (disk) => spoilCopy(disk, 2),
    words: ['damaged 2', ...GOOD_A],
    state: { BOOT_A_LEFT: '3' },
  },
  {
    name: 'both copies are damaged',
    prepare: (disk) => {
      setState(disk, state({ BOOT_ORDER: 'B A' }));
      spoilCopy(disk, 1);
      spoilCopy(disk, 2);
    },
    words: ['damaged 1', 'damaged 2', 'new state', ...GOOD_A],
    state: { BOOT_ORDER: 'A B', BOOT_A_LEFT: '3', BOOT_B_LEFT: '3' },
  },
  {
    name: 'power failed while the second copy was written',
    prepare: (disk) => {
      // What was to be written was the state in which slot A has one try left.
      setState(disk, state({ generation: '2', BOOT_A_LEFT: '1' }));
      // All that differs lies in one sector: it is torn inside of that, in the middle of the first name.
      const part = readAt(disk, copyStart(1), 12);
      setState(disk, state({ generation: '1', BOOT_A_LEFT: '2' }));
      writeAt(disk, copyStart(2), part);
    },
    words: ['damaged 2', 'try A 1', 'root A', 'mode good', 'good'],
    state: { BOOT_A_LEFT: '3' },
  },
  {
    name: 'the second copy is the newer',
    prepare: (disk) => {
      setState(disk, state({ generation: '3', BOOT_A_LEFT: '0' }));
      const newer = readAt(disk, copyStart(1), 64 * 1024);
      setState(disk, state({ generation: '2' }));
      writeAt(disk, copyStart(2), newer);
    },
    words: ['spent A', ...GOOD_B],
    state: { generation: '2', BOOT_A_LEFT: '0' },
  },
  {
    name: 'generation 1 follows 3',
    prepare: (disk) => {
      setState(disk, state({ generation: '1', BOOT_ORDER: 'B A' }));
      const newer = readAt(disk, copyStart(1), 64 * 1024);
      setState(disk, state({ generation: '3' }));
      writeAt(disk, copyStart(2), newer);
    },
    words: GOOD_B,
    state: { generation: '3', BOOT_ORDER: 'B A' },
  },
  {
    name: 'no try is left in either slot',
    prepare: (disk) => setState(disk, state({ BOOT_A_LEFT: '0', BOOT_B_LEFT: '0' })),
    words: ['spent A', 'spent B', 'refilled', ...GOOD_A],
    state: { BOOT_A_LEFT: '3', BOOT_B_LEFT: '3' },
  },
  {
    name: 'counts that are none',
    prepare: (disk) => setState(disk, state({ BOOT_ORDER: 'C', BOOT_A_LEFT: 'ffffffff', BOOT_B_LEFT: '-1' })),
    words: ['spent A', 'spent B', 'refilled', ...GOOD_A],
    state: { BOOT_ORDER: 'A B', BOOT_A_LEFT: '3', BOOT_B_LEFT: '3' },
  },
  {
    name: 'only slot B may be started, and has no try left',
    prepare: (disk) => setState(disk, state({ BOOT_ORDER: 'B', BOOT_B_LEFT: '0', BOOT_A_LEFT: '0' })),
    words: ['spent B', 'refilled', ...GOOD_B],
    state: { BOOT_ORDER: 'B A', BOOT_B_LEFT: '3' },
  },
  {
    name: 'the state partition is not where it should be',
    prepare: (disk) => {
      // The sector that the first logical partition begins with, counted from its own table.
      const at = 132 * 1024 * 1024 + 446 + 8;
      writeAt(disk, at, Uint8Array.of(1, 8, 0, 0));
    },
    words: ['no state', 'new state', 'try A 2', 'root A', 'mode good', 'good'],
    // What it wrote is where nobody looks; the second copy is as it was.
    state: { generation: '3', BOOT_A_LEFT: '3' },
  },
];

const OVERLAY_CASES: readonly BootCase[] = [
  {
    name: 'an overlay by a file that Windows wrote',
    prepare: (disk) => {
      const words = 'console=ttyS1,115200 blockmesh.watchdog=off';
      setOptions(disk, 'board.env', `overlays=uart0-header\r\narguments=${words}\r\n`);
    },
    // As in the next case, although it was told to say more there: an overlay that was not found would be told.
    words: ['try A 2'],
    state: { generation: '3', BOOT_A_LEFT: '3' },
    needs: 'overlays',
  },
  {
    name: 'an overlay gives the line of the console to readers',
    prepare: (disk) => setOptions(disk, 'board.env', 'overlays=uart0-header\narguments=blockmesh.watchdog=off\n'),
    // Nothing more is heard of it; but it marks its slot good, and switches itself off.
    words: ['try A 2'],
    state: { generation: '3', BOOT_A_LEFT: '3' },
    needs: 'overlays',
  },
  {
    name: 'an overlay that is not there',
    prepare: (disk) => {
      const words = 'console=ttyS1,115200 blockmesh.watchdog=off';
      setOptions(disk, 'board.env', `overlays=uart0-header nothing\narguments=${words}\n`);
    },
    words: ['try A 2', 'bad overlay nothing', 'root A', 'mode good', 'good'],
    state: { generation: '3', BOOT_A_LEFT: '3' },
    needs: 'overlays',
  },
];

export const CASES: readonly BootCase[] = [SHORT_CASE, ...SLOT_CASES, ...STATE_CASES, ...OVERLAY_CASES];

/** The state that counts: of two whole copies, the one that follows the other. */
export function newestState(disk: string): SlotState | undefined {
  const [first, second] = statesOf(disk);
  if (first === undefined || second === undefined) return first ?? second;
  return ['12', '23', '31'].includes(`${first.generation}${second.generation}`) ? second : first;
}
