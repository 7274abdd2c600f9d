/**
 * Choices out of a list of numbers that fast-check made, so that a history is built by plain code and still shrinks:
 * a smaller number is an earlier choice, and a list that has run out chooses the first.
 */
export class Draw {
  readonly #numbers: readonly number[];
  #next = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  /** `min` to `max`, both included. */
  integer(min: number, max: number): number {
    const number = this.#numbers[this.#next++] ?? 0;
    return min + (number % (max - min + 1));
  }

  /** True in `percent` of the cases; false once the numbers are used up. */
  chance(percent: number): boolean {
    return this.integer(0, 99) >= 100 - percent;
  }

  of<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.integer(0, choices.length - 1)] ?? choices[0];
  }

  /** One of `choices`, now and then, and always where there is none, `other`. */
  known<T>(choices: readonly T[], other: T): T {
    const [first, ...rest] = choices;
    return first === undefined || this.chance(5) ? other : this.of([first, ...rest]);
  }

  /** At most `max` of `choices`, each once. */
  some<T>(choices: readonly T[], max: number): readonly T[] {
    const wanted = this.integer(0, Math.min(max, choices.length));
    const from = this.integer(0, Math.max(0, choices.length - 1));
    return [...choices.slice(from), ...choices.slice(0, from)].slice(0, wanted);
  }

  /** `value` in half of the cases, else nothing. */
  maybe<T extends object>(value: T): T | Record<string, never> {
    return this.chance(50) ? value : {};
  }
}
