import { foldName } from '../../dapps/membership/names.ts';
import type { Json, JsonObject } from '../../src/base/json.ts';
import type { Command, Judged, Ref, RulesUnderTest } from './in-process.ts';
import type { Step } from './membership-histories.ts';

/** What must hold of the state of membership after each of its commands. */

interface Denial {
  readonly ref: Ref;
  readonly kind: 'member.suspend' | 'badge.lost';
  readonly member: string;
  readonly badge: string;
  /** Of a lost card. */
  readonly views: readonly string[];
}

/** What the state must say of denials, kept apart from it: each stands until a lift of its own is accepted. */
export class Denials {
  readonly #standing: Denial[] = [];
  readonly #known: Ref[] = [];

  /** The command of a step. Most lifts aim at what stands, some of them by another's entry. */
  aim({ command, lifts }: Step): Command {
    const { kind, body } = command;
    if (kind !== 'member.resume' && kind !== 'badge.found') return command;
    const standing = this.#of(liftedBy(kind));
    const target = lifts < 3 ? standing[lifts % Math.max(1, standing.length)] : undefined;
    if (target === undefined) return { kind, body, re: this.#known.at(-lifts) ?? null };
    const { member: who, badge: which } = target;
    return {
      kind,
      body: { ...body, member: who, ...(kind === 'badge.found' ? { badge: which } : {}) },
      re: target.ref,
    };
  }

  take({ kind, body, re }: Command, judged: Judged, held: ReadonlyMap<string, readonly string[]>): void {
    if (!judged.ok) return;
    const [who, which] = [String(body.member), String(body.badge)];
    if (kind === 'member.suspend' || kind === 'badge.lost') {
      const views = kind === 'badge.lost' ? (held.get(`${who}/${which}`) ?? []) : [];
      this.#standing.push({ ref: judged.ref, kind, member: who, badge: which, views });
      this.#known.push(judged.ref);
    }
    if (kind !== 'member.resume' && kind !== 'badge.found') return;
    const wanted = liftedBy(kind);
    const at = this.#standing.findIndex(
      (one) => one.kind === wanted && one.ref.block === re?.block && one.member === who,
    );
    const lifted = this.#standing[at];
    if (lifted === undefined) throw new Error(`${kind} of ${who} lifts nothing that stands`);
    if (kind === 'badge.found' && lifted.badge !== which) throw new Error(`${kind} lifts the loss of another card`);
    this.#standing.splice(at, 1);
  }

  get suspensions(): readonly string[] {
    return this.#of('member.suspend').map(({ ref, member: who }) => `denial/${who}/${ref.block}.${ref.index}`);
  }

  get lostCards(): readonly Denial[] {
    return this.#of('badge.lost');
  }

  #of(kind: Denial['kind']): readonly Denial[] {
    return this.#standing.filter((one) => one.kind === kind);
  }
}

function liftedBy(kind: 'member.resume' | 'badge.found'): Denial['kind'] {
  return kind === 'member.resume' ? 'member.suspend' : 'badge.lost';
}

interface Held {
  readonly views: readonly JsonObject[];
  readonly pin: readonly JsonObject[] | null;
  readonly lost: JsonObject | null;
}

/** `member/badge` → its views as `epoch/bits/hash`. */
export function heldViews(rules: RulesUnderTest): ReadonlyMap<string, readonly string[]> {
  return new Map(
    rules.rows('held/').map(({ key, value }) => [key.slice(5), (value as unknown as Held).views.map(viewText)]),
  );
}

function viewText(one: JsonObject): string {
  return `${one.epoch}/${one.bits}/${one.hash}`;
}

/** @throws what does not hold. */
export function checkInvariants(rules: RulesUnderTest, denials: Denials): void {
  checkPeople(rules);
  checkFamilies(rules);
  checkCards(rules);
  checkDenials(rules, denials);
}

function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

function checkPeople(rules: RulesUnderTest): void {
  const members = rules.rows('member/').map(({ key, value }) => [key.slice(7), value as JsonObject] as const);
  must(rules.rows('name/').length === members.length, 'every name leads to somebody, and everybody has one');
  for (const [one, { name: called, plans, roles: has, guest, family: of, groups: within }] of members) {
    must(rules.read(`name/${foldName(String(called))}`) === one, `the name of ${one} leads there`);
    must(rules.read(`gone/${one}`) === null, `${one} is not gone`);
    const given = (plans as JsonObject[]).map((each) => String(each.plan));
    must(
      isSortedSet(given) && isSortedSet(has) && isSortedSet(within),
      `plans, roles, groups of ${one} are sorted sets`,
    );
    must(
      given.every((each) => rules.read(`plan/${each}`) !== null),
      `every plan of ${one} is one`,
    );
    const isPlain = given.length === 0 && (has as Json[]).length === 0 && of === null;
    must(guest === null || isPlain, `guest ${one} has neither plan, role nor family`);
    must(of === null || rules.read(`kin/${of}/${one}`) === true, `the family of ${one} knows`);
  }
  for (const prefix of ['held/', 'note/', 'kin/', 'heads/']) {
    for (const { key } of rules.rows(prefix)) {
      const who = key.split('/')[prefix === 'kin/' ? 2 : 1];
      must(rules.read(`member/${who}`) !== null, `${key} is about a member`);
    }
  }
}

function isSortedSet(list: Json | undefined): boolean {
  const texts = list as string[];
  return texts.every((one, at) => at === 0 || String(texts[at - 1]) < one);
}

function checkFamilies(rules: RulesUnderTest): void {
  const families = rules.rows('family/');
  for (const { key, value } of families) {
    const { head } = value as JsonObject;
    const record = rules.read(`member/${head}`) as JsonObject | null;
    must(record !== null && record.guest === null, `the head of ${key} is a member`);
    must(rules.read(`heads/${head}/${key.slice(7)}`) === true, `the head of ${key} knows`);
  }
  must(rules.rows('heads/').length === families.length, 'a family has one head');
  for (const { key } of rules.rows('kin/')) {
    const [, of, who] = key.split('/');
    must((rules.read(`member/${who}`) as JsonObject).family === of, `${key} is what the member says`);
    must(rules.read(`family/${of}`) !== null, `the family of ${key} is there`);
  }
}

function checkCards(rules: RulesUnderTest): void {
  const leads = (prefix: string, list: readonly { key: string; value: Json }[], start: string) => {
    const all = list.flatMap(({ key, value }) =>
      (value as unknown as Held).views.map((one) => [`${prefix}${viewText(one)}`, key.slice(start.length)] as const),
    );
    must(new Set(all.map(([key]) => key)).size === all.length, `no view under ${start} twice`);
    must(rules.rows(prefix).length === all.length, `nothing under ${prefix} without a card`);
    for (const [key, whose] of all) {
      const owner = rules.read(key) as JsonObject | null;
      must(`${owner?.member}/${owner?.badge}` === whose, `${key} leads to ${whose}`);
    }
  };
  leads('badge/', rules.rows('held/'), 'held/');
  leads('blocked/', rules.rows('lost/'), 'lost/');
  for (const { key } of rules.rows('blocked/'))
    must(rules.read(`badge/${key.slice(8)}`) === null, `${key} opens nothing`);
  for (const { key, value } of rules.rows('held/')) {
    const { pin, views } = value as unknown as Held;
    const widths = (list: readonly JsonObject[]) =>
      list
        .map((one) => `${one.epoch}/${one.bits}`)
        .sort()
        .join(' ');
    must(pin === null || widths(pin) === widths(views), `the PIN of ${key} is for each of its views`);
  }
}

function checkDenials(rules: RulesUnderTest, denials: Denials): void {
  const standing = rules.rows('denial/').map(({ key }) => key);
  must(
    [...denials.suspensions].sort().join() === [...standing].sort().join(),
    'exactly the unlifted suspensions stand',
  );
  for (const key of standing) must(rules.read(`member/${key.split('/')[1]}`) !== null, `${key} bars somebody`);
  for (const { ref, member: who, badge: which, views } of denials.lostCards) {
    const held = rules.read(`held/${who}/${which}`) as unknown as Held | null;
    const lost = held?.lost ?? (rules.read(`lost/${who}/${which}`) as JsonObject | null);
    must(lost?.block === ref.block && lost.index === ref.index, `${who}/${which} is lost still`);
    for (const one of views) {
      const owner = rules.read(`badge/${one}`) as JsonObject | null;
      const isBarred = owner === null || (owner.member === who && owner.badge === which && held?.lost !== null);
      must(isBarred, `a lost card (${one}) became usable`);
    }
  }
  const marked = rules.rows('held/').filter(({ value }) => (value as unknown as Held).lost !== null).length;
  must(marked + rules.rows('lost/').length === denials.lostCards.length, 'nothing is lost that nobody lost');
}

/** No card of somebody suspended goes elsewhere but by being marked lost. @throws what does not hold. */
export function checkKept(
  rules: RulesUnderTest,
  before: ReadonlyMap<string, readonly string[]>,
  lostBefore: ReadonlySet<string>,
  suspended: ReadonlySet<string>,
): void {
  const after = heldViews(rules);
  for (const [key, views] of before) {
    if (!suspended.has(key.split('/')[0] ?? '') || lostBefore.has(key)) continue;
    must(after.get(key)?.join() === views.join(), `${key} stays with somebody suspended`);
  }
}
