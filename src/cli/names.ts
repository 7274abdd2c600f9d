import { isJsonObject, type Json, type JsonObject } from '../base/json.ts';
import { LOG_ROWS_MAX } from '../base/limits.ts';
import type { Session } from './session.ts';

/** Where a body names members. */
const FIELDS = ['member', 'second'] as const;

/** The names of members, asked for once each. */
export class Names {
  readonly #session: Session;
  readonly #names = new Map<string, string | null>();

  constructor(session: Session) {
    this.#session = session;
  }

  /** Gets ready to name the members that these bodies speak of. */
  async know(bodies: readonly Json[]): Promise<void> {
    await this.knowMembers(bodies.flatMap((body) => (isJsonObject(body) ? FIELDS.map((field) => body[field]) : [])));
  }

  /** Gets ready to name these; what is no id is passed over. */
  async knowMembers(ids: readonly (Json | undefined)[]): Promise<void> {
    const members = ids.filter((id) => typeof id === 'string');
    const unknown = [...new Set(members)].filter((member) => !this.#names.has(member));
    for (let from = 0; from < unknown.length; from += LOG_ROWS_MAX) {
      const some = unknown.slice(from, from + LOG_ROWS_MAX);
      const { names } = (await this.#session.call('member.names', { members: some })) as unknown as {
        readonly names: Readonly<Record<string, string | null>>;
      };
      for (const member of some) this.#names.set(member, names[member] ?? null);
    }
  }

  /** Null for one that is not there (any more). */
  of(member: string): string | null {
    return this.#names.get(member) ?? null;
  }

  /** The name, or the id of one that is not there (any more). */
  orId(member: Json | undefined): string {
    return this.of(String(member)) ?? String(member);
  }

  /** The same body with id and name wherever it names a member. */
  inWords(body: JsonObject): JsonObject {
    const named = FIELDS.flatMap((field): readonly (readonly [string, string])[] => {
      const member = body[field];
      const name = typeof member === 'string' ? this.of(member) : null;
      return name === null ? [] : [[field, `${String(member)} ${name}`]];
    });
    return { ...body, ...Object.fromEntries(named) };
  }
}
