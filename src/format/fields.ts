import { CID } from 'multiformats/cid';
import { CodedError } from '../base/errors.ts';
import { type BlockId, idOfLink } from './ids.ts';

/**
 * Reads the fields of a decoded map one by one, by name and form, and at the end refuses what was not asked for.
 * Every refusal has one code, given at the start, and names the field.
 */
export class Fields {
  readonly #map: Readonly<Record<string, unknown>>;
  readonly #code: string;
  readonly #what: string;
  readonly #asked = new Set<string>();

  /** @throws `code` when `value` is not a map. */
  constructor(value: unknown, code: string, what: string) {
    this.#code = code;
    this.#what = what;
    if (
      typeof value !== 'object' ||
      value === null ||
      Array.isArray(value) ||
      value instanceof Uint8Array ||
      isLink(value)
    ) {
      throw new CodedError(code, `${what} is not a map`, { fields: { field: what } });
    }
    this.#map = value as Readonly<Record<string, unknown>>;
  }

  refuse(field: string, wanted: string): never {
    throw new CodedError(this.#code, `${this.#what}: ${field} must be ${wanted}`, { fields: { field } });
  }

  has(field: string): boolean {
    return Object.hasOwn(this.#map, field);
  }

  raw(field: string): unknown {
    this.#asked.add(field);
    if (!this.has(field)) this.refuse(field, 'there');
    return this.#map[field];
  }

  integer(field: string, least: number, most: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.raw(field);
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > most) {
      this.refuse(field, `an integer from ${least} to ${most}`);
    }
    return value;
  }

  bytes(field: string, length: number): Uint8Array {
    const value = this.raw(field);
    if (!(value instanceof Uint8Array) || value.length !== length) this.refuse(field, `${length} bytes`);
    return value;
  }

  text(field: string, form: RegExp, formName: string): string {
    const value = this.raw(field);
    if (typeof value !== 'string' || !form.test(value)) this.refuse(field, formName);
    return value;
  }

  choice<T extends string>(field: string, choices: readonly T[]): T {
    const value = this.raw(field);
    const found = choices.find((choice) => choice === value);
    if (found === undefined) this.refuse(field, `one of ${choices.join(', ')}`);
    return found;
  }

  list(field: string, most: number): readonly unknown[] {
    const value = this.raw(field);
    if (!Array.isArray(value) || value.length > most) this.refuse(field, `a list of at most ${most}`);
    return value;
  }

  link(field: string): BlockId {
    const value = this.raw(field);
    if (!isLink(value)) this.refuse(field, 'a link to a block');
    return idOfLink(value);
  }

  links(field: string, most: number): readonly BlockId[] {
    return this.list(field, most).map((value) => {
      if (!isLink(value)) this.refuse(field, 'a list of links to blocks');
      return idOfLink(value);
    });
  }

  linkOrNull(field: string): BlockId | null {
    return this.raw(field) === null ? null : this.link(field);
  }

  /** The link, or null where the field is absent: an absent field is never written as null. */
  linkIfThere(field: string): BlockId | null {
    return this.has(field) ? this.link(field) : null;
  }

  /** @throws when the map holds a field nobody asked for. */
  end(): void {
    for (const field of Object.keys(this.#map)) {
      if (!this.#asked.has(field)) this.refuse(field, 'absent: it is not a field of this form');
    }
  }
}

function isLink(value: unknown): value is CID {
  // Not CID.asCID, which also takes objects that merely look like one.
  return value instanceof CID;
}
