import { judgeGuest, judgePlans } from '../../dapps/door/decision/standing.ts';
import { readPerson } from '../../dapps/door/person.ts';
import { parseZone } from '../../dapps/sdk/zone.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { type Command, type Judged, NEW_YEAR_MS, type RulesUnderTest } from './in-process.ts';

/** Who is permanent and what follows from it, kept apart from the state: by what was said, never by what is missing. */

const DAY_MS = 86_400_000;
const UTC = parseZone('UTC0');
const MOMENTS = [
  { ms: NEW_YEAR_MS, quality: 'synced' },
  { ms: NEW_YEAR_MS + 9 * DAY_MS, quality: 'synced' },
  { ms: NEW_YEAR_MS, quality: 'unknown' },
] as const;

export class Permanence {
  readonly #permanent = new Set<string>();

  take({ kind, body }: Command, { ok }: Judged): void {
    if (!ok) return;
    const member = String(body.member);
    const joins = typeof body.family === 'string';
    // The only two commands that make anybody permanent.
    if (kind === 'member.add' && (body.permanent === true || (body.permanent === undefined && !joins))) {
      this.#permanent.add(member);
    }
    if (kind === 'member.edit' && body.permanent === true) this.#permanent.add(member);
    else if (kind === 'member.edit' && (body.permanent === false || joins)) this.#permanent.delete(member);
    if (kind === 'plan.give' || kind === 'member.forget') this.#permanent.delete(member);
  }

  /** The state has the mark for exactly these. @throws what does not hold. */
  checkMarks(rules: RulesUnderTest): void {
    for (const { key, value } of rules.rows('member/')) {
      const { permanent, plans } = value as JsonObject;
      must(permanent === this.#permanent.has(key.slice(7)), `${key} is permanent where it was said, and only there`);
      must(permanent === false || (plans as JsonObject[]).length === 0, `${key} has plans or permanence, not both`);
    }
  }

  /**
   * Membership and `door` tell the same of everybody, and nobody is in order by nothing. `door`: the rules of that dapp,
   * which get the state of membership. @throws what does not hold.
   */
  async checkStanding(rules: RulesUnderTest, door: RulesUnderTest): Promise<void> {
    door.reset({ membership: Object.fromEntries(rules.rows().map(({ key, value }) => [key, value])) });
    for (const { key, value } of rules.rows('member/')) {
      const member = key.slice(7);
      const { standing } = (await rules.query('member', { member, at: MOMENTS[0] })) as { standing: JsonObject };
      if (standing.code === 'suspended') continue;
      const person = await readPerson(door.reader(), { member, badge: null });
      for (const at of MOMENTS) {
        const told = (await rules.query('member', { member, at })) as { standing: JsonObject };
        const guest = person.record?.guest ?? null;
        // Hours are the door's alone.
        const denials = guest === null ? judgePlans(person, at) : judgeGuest({ ...guest, hours: [] }, UTC, at);
        const [first] = denials;
        must(told.standing.inOrder === (first === undefined), `${key}: door and membership agree at ${at.quality}`);
        must(told.standing.code === first?.code, `${key}: they tell the same code`);
        must((told.standing.rule === 'no-plan') === (first?.rule === 'no-plan'), `${key}: they tell the same rule`);
        const { family } = value as JsonObject;
        const head = (rules.read(`family/${family}`) as JsonObject | null)?.head;
        const isCovered = this.#permanent.has(member) || this.#permanent.has(String(head));
        must(
          guest !== null || first !== undefined || isCovered || person.plans.length > 0,
          `${key} is in order by permanence`,
        );
        must(!isCovered || first === undefined, `${key} is not in order, though permanent`);
      }
    }
  }
}

function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}
