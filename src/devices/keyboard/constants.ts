// Numbers of keys (linux/input-event-codes.h). They are places on the keyboard: no layout of a console changes them.

export const ENTER_KEYS: ReadonlySet<number> = new Set([28, 96]);

/** Keys that change what others mean, and say nothing by themselves: both Shifts, CapsLock, NumLock. */
export const SILENT_KEYS: ReadonlySet<number> = new Set([42, 54, 58, 69]);

/** What the other keys of a badge reader write, keypad included. Hex is in capitals, whether or not Shift is down. */
export const CHARACTERS: ReadonlyMap<number, string> = new Map([
  [2, '1'],
  [3, '2'],
  [4, '3'],
  [5, '4'],
  [6, '5'],
  [7, '6'],
  [8, '7'],
  [9, '8'],
  [10, '9'],
  [11, '0'],
  [30, 'A'],
  [48, 'B'],
  [46, 'C'],
  [32, 'D'],
  [18, 'E'],
  [33, 'F'],
  [51, ','],
  [71, '7'],
  [72, '8'],
  [73, '9'],
  [75, '4'],
  [76, '5'],
  [77, '6'],
  [79, '1'],
  [80, '2'],
  [81, '3'],
  [82, '0'],
  [95, ','],
  [121, ','],
]);
