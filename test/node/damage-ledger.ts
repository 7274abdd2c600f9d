import type { JsonObject } from '../../src/base/json.ts';
import { parseCredential } from '../../src/devices/credential-text.ts';
import { hashedViews } from '../../src/node/hashed-views.ts';
import type { CommandResult, Space } from '../../src/node/space.ts';

/** A ledger with something of everything in it, to be damaged: above all with every kind of denial. */

const DOORS = ['front', 'back', 'lab', 'gate'];
const MEMBERS = 48;
const BREAK_GLASS = 900;

export const DAMAGE_DOORS: readonly string[] = DOORS;

/** The numbers of cards that decisions are asked for: of members in every standing, and of nobody. */
export const DAMAGE_CARDS: readonly string[] = [
  ...Array.from({ length: MEMBERS + 2 }, (_, at) => cardOf(at)),
  cardOf(BREAK_GLASS),
];

function cardOf(at: number): string {
  return `dec:${31_000_000 + at}`;
}

const memberOf = (at: number) => `m-${String(at).padStart(8, '0')}`;
const badgeOf = (at: number) => `b-${String(at).padStart(8, '0')}`;

/** Fills a new space with people, denials, doors and `facts` badges at them. */
export async function fillForDamage(space: Space, facts: number): Promise<void> {
  const give = (kind: string, body: JsonObject, re?: CommandResult) =>
    space.command('membership', kind, body, re ?? null);
  for (const door of DOORS) {
    await space.appendFact('mesh', 'device', { name: `${door}-reader`, role: 'reader', family: 'rdm6300' });
    await space.appendFact('mesh', 'device', { name: `${door}-strike`, role: 'output', family: 'pins' });
    const devices = { reader: `${door}-reader`, output: `${door}-strike` };
    await space.command('door', 'door.add', { door, ...devices, openMs: 3_000, bits: 32 });
  }
  await give('plan.set', { plan: 'day', title: 'Day members', graceDays: 7, family: true });
  for (let at = 0; at < MEMBERS; at += 1) await addMember(space, at, give);
  await give('family.set', { family: 'f-1', title: 'Lovelace', head: memberOf(0) });
  await give('member.edit', { member: memberOf(6), family: 'f-1' });
  await deny(give);
  await shut(space);
  await badges(space, facts);
  await space.fold.settled();
}

type Give = (kind: string, body: JsonObject, re?: CommandResult) => Promise<CommandResult>;

async function addMember(space: Space, at: number, give: Give): Promise<void> {
  const member = memberOf(at);
  const credential = parseCredential(cardOf(at));
  const views = hashedViews(credential, space.badgeKeys.slice(0, 1));
  await give('member.add', {
    member,
    name: `Member ${at}`,
    groups: ['g-1'],
    ...(at === 1 ? { roles: ['trainer'] } : {}),
  });
  const card = { badge: badgeOf(at), family: credential.family, label: 'card' };
  await give('badge.enrol', { member, ...card, views: views.map((view) => ({ ...view })) });
  if (at % 4 === 2) {
    await give('plan.give', {
      member,
      plan: 'day',
      from: 1_700_000_000_000,
      until: at % 8 === 2 ? 1_710_000_000_000 : null,
    });
  }
}

/** Of every eight members one is suspended, one has lost the card; of those some have been lifted again. */
async function deny(give: Give): Promise<void> {
  for (let at = 3; at < MEMBERS; at += 8) {
    const denial = await give('member.suspend', { member: memberOf(at), reason: 'has not paid' });
    if (at % 24 === 3) await give('member.resume', { member: memberOf(at) }, denial);
  }
  for (let at = 5; at < MEMBERS; at += 8) {
    const loss = await give('badge.lost', { member: memberOf(at), badge: badgeOf(at) });
    if (at % 24 === 5) await give('badge.found', { member: memberOf(at), badge: badgeOf(at) }, loss);
  }
  await give('note.add', { member: memberOf(1), note: 'n-1', text: 'has the key of the cupboard' });
  await give('member.forget', { member: memberOf(MEMBERS - 1) });
}

/** One door is disabled, another was and is not any more, a third has hours; a lockdown is over. */
async function shut(space: Space): Promise<void> {
  const door = (kind: string, body: JsonObject, re?: CommandResult) => space.command('door', kind, body, re ?? null);
  await door('door.disable', { door: 'gate', reason: 'the hinge is broken' });
  const mended = await door('door.disable', { door: 'back', reason: 'painted' });
  await door('door.enable', { door: 'back' }, mended);
  const lockdown = await door('lockdown', { reason: 'an exercise' });
  await door('lockdown.end', {}, lockdown);
  const hours = [{ days: [1, 2, 3, 4, 5], from: 540, to: 1020 }];
  await door('schedule.set', { schedule: 'office', zone: 'CET-1CEST,M3.5.0,M10.5.0/3', hours, holidays: false });
  await door('door.edit', { door: 'lab', allow: [{ who: 'group:g-1', schedule: 'office' }] });
  await door('holiday.set', { day: '2026-12-25', title: 'Christmas' });
  const views = hashedViews(parseCredential(cardOf(BREAK_GLASS)), space.badgeKeys.slice(0, 1));
  await door('glass.add', { card: 'c-1', label: 'fire brigade', views: views.map((view) => ({ ...view })) });
}

async function badges(space: Space, facts: number): Promise<void> {
  for (let at = 0; at < facts; at += 1) {
    const member = at % MEMBERS;
    const door = DOORS[at % DOORS.length] ?? '';
    const event = String(at).padStart(16, '0');
    const who = { member: memberOf(member), badge: badgeOf(member) };
    const common = { door, event, clock: 'synced' };
    if (at % 8 === 3)
      await space.appendFact('door', 'denied', { ...common, ...who, code: 'suspended', rule: 'suspended' });
    else await space.appendFact('door', 'granted', { ...common, ...who, rule: 'everyone', pulse: event.repeat(2) });
  }
}
