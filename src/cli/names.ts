import { isJsonObject, type Json } from '../base/json.ts';
import type { Session } from './session.ts';

/** The names of members, asked for once each. */
export class Names {
  readonly #session: Session;
  readonly #names = new Map<string, string | null>();

  constructor(session: Session) {
    this.#session = session;
  }

  /** Gets ready to name the members that these bodies speak of. */
  async know(bodies: readonly Json[]): Promise<void> {
    const members = bodies.flatMap((body) =>
      isJsonObject(body) && typeof body.member === 'string' ? [body.member] : [],
    );
    const unknown = [...new Set(members)].filter((member) => !this.#names.has(member));
    if (unknown.length === 0) return;
    const { names } = (await this.#session.call('member.names', { members: unknown })) as unknown as {
      readonly names: Readonly<Record<string, string | null>>;
    };
    for (const member of unknown) this.#names.set(member, names[member] ?? null);
  }

  /** Null for one that is not there (any more). */
  of(member: string): string | null {
    return this.#names.get(member) ?? null;
  }
}
