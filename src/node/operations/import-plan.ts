import { CodedError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import type { Randomness } from '../../base/ports.ts';
import { parseCredential } from '../../devices/credential-text.ts';
import { type HashedView, hashedViews } from '../hashed-views.ts';
import type { Rehearsal } from '../rehearsal.ts';
import type { Order, Space } from '../space.ts';
import { glassCardOf } from './enrol-card.ts';
import { fieldsToChange } from './import-fields.ts';
import type { ImportProblem, ImportRow } from './import-rows.ts';
import { newId, type Person } from './people.ts';
import { wholeSeconds } from './plan-operations.ts';

/** A command of an import, and where in the file it comes from. */
interface Placed extends Order {
  readonly line: number;
}

/**
 * Turns rows into the commands that are missing, each tried out upon the ones before it. A member is known by name;
 * a row of somebody who is there changes what it says otherwise and leaves what it does not mention, so that the same
 * file twice changes nothing. Suspensions and lost cards are not its business and stay.
 */
export class ImportPlan {
  readonly orders: Placed[] = [];
  readonly problems: ImportProblem[] = [];
  readonly added = new Set<string>();
  readonly changed = new Set<string>();
  readonly unchanged = new Set<string>();
  readonly #space: Space;
  readonly #randomness: Randomness;
  readonly #rehearsal: Rehearsal;

  constructor(space: Space, randomness: Randomness, rehearsal: Rehearsal) {
    this.#space = space;
    this.#randomness = randomness;
    this.#rehearsal = rehearsal;
  }

  async take(row: ImportRow): Promise<void> {
    const before = this.orders.length;
    const person = await this.#find(row);
    if (person === 'refused') return;
    const member = person === null ? await this.#add(row) : await this.#edit(row, person);
    if (member === null) return;
    await this.#give(row, member, person);
    for (const badge of row.badges) await this.#enrol(row, member, badge);
    if (person === null) this.added.add(member);
    else if (this.added.has(member)) return;
    else if (this.orders.length > before) this.changed.add(member);
    else this.unchanged.add(member);
  }

  async #find(row: ImportRow): Promise<Person | null | 'refused'> {
    try {
      return (await this.#rehearsal.query('member', { name: row.name })) as unknown as Person;
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      if (error.code === 'no_such_member') return null;
      this.#refuse(row, 'name', error.code, error.message);
      return 'refused';
    }
  }

  async #add(row: ImportRow): Promise<string | null> {
    const member = newId('m', this.#randomness);
    const fields = fieldsToChange(row, null);
    return (await this.#try(row, 'name', 'member.add', { member, name: row.name, ...fields })) ? member : null;
  }

  async #edit(row: ImportRow, person: Person): Promise<string | null> {
    const { member } = person;
    if (person.guest !== null) {
      this.#refuse(row, 'name', 'is_guest', `${person.name} is a guest, and guests are not imported`);
      return null;
    }
    const differing = fieldsToChange(row, person);
    if (Object.keys(differing).length === 0) return member;
    return (await this.#try(row, 'name', 'member.edit', { member, ...differing })) ? member : null;
  }

  async #give(row: ImportRow, member: string, person: Person | null): Promise<void> {
    const { plan } = row;
    if (plan === undefined) return;
    const known = person?.plans.find((one) => one.plan === plan);
    const from = row.from ?? known?.from ?? wholeSeconds(this.#space.clock.now().wallMs);
    const until = row.until === undefined ? (known?.until ?? null) : row.until;
    if (known?.from === from && known.until === until) return;
    await this.#try(row, 'plan', 'plan.give', { member, plan, from, until });
  }

  async #enrol(row: ImportRow, member: string, { column, number }: ImportRow['badges'][0]): Promise<void> {
    const { badgeKeys } = this.#space;
    let views: readonly HashedView[];
    let family: string;
    try {
      const credential = parseCredential(number);
      family = credential.family;
      views = hashedViews(credential, badgeKeys);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      this.#refuse(row, column, error.code, error.message);
      return;
    }
    const { holders, blocked } = (await this.#rehearsal.query('holder', {
      views: views.map((view) => ({ ...view })),
    })) as unknown as {
      readonly holders: readonly { readonly member: string; readonly name: string }[];
      readonly blocked: boolean;
    };
    if (holders.length === 1 && holders[0]?.member === member) return;
    if (blocked) return this.#refuse(row, column, 'badge_lost', 'this card was marked lost');
    const glass = glassCardOf(this.#space, views);
    if (glass !== null) return this.#refuse(row, column, 'badge_taken', `this card is the break-glass card ${glass}`);
    const [other] = holders.filter((holder) => holder.member !== member);
    if (other !== undefined) {
      return this.#refuse(row, column, 'badge_taken', `this card is enrolled already, for ${other.name}`);
    }
    const newest = views.filter(({ epoch }) => epoch === badgeKeys[0]?.epoch).map((view) => ({ ...view }));
    const badge = newId('b', this.#randomness);
    await this.#try(row, column, 'badge.enrol', { member, badge, family, label: 'card', views: newest });
  }

  async #try({ line }: ImportRow, column: string, kind: string, body: JsonObject): Promise<boolean> {
    const outcome = await this.#rehearsal.try({ kind, body });
    if (outcome.ok) {
      this.orders.push({ line, kind, body });
      return true;
    }
    const { code, message } = outcome;
    this.problems.push({ line, column: COLUMNS[code] ?? column, code, message });
    return false;
  }

  #refuse({ line }: ImportRow, column: string, code: string, message: string): void {
    this.problems.push({ line, column, code, message });
  }
}

/** Codes that are about another column than the command's own. */
const COLUMNS: Readonly<Record<string, string>> = {
  bad_email: 'email',
  no_such_family: 'family',
  bad_id: 'groups',
  bad_dates: 'until',
  has_plans: 'permanent',
};
