import type { AgentEvent } from '../../sdk/agent.ts';
import type { AgentNode } from '../../sdk/agent-node.ts';
import { Fault } from '../../sdk/fault.ts';
import { object, text } from '../../sdk/fields.ts';
import type { JsonObject } from '../../sdk/json.ts';
import type { Moment } from '../../sdk/moment.ts';
import { type Decision, decide } from '../decision/decide.ts';
import type { Evidence, Tries } from '../decision/evidence.ts';
import { gatherAtReader } from '../gather.ts';
import { parseViewList, type View } from '../views.ts';
import type { AlarmBook } from './alarm-book.ts';
import { cardApart, tellApart } from './apart.ts';
import type { Memory } from './memory.ts';
import { openDoor } from './opening.ts';
import type { Releases } from './releases.ts';
import { sayEvent } from './shown.ts';

/** What a badge meets at the door. */
interface BadgeParts {
  readonly memory: Memory;
  readonly releases: Releases;
  readonly alarms: AlarmBook;
}

/**
 * Event `badge/<reader>` with `{reader, event, credential: {family, views}, pin?}`: decides, opens, and only then
 * writes down what happened, because someone stands at the door.
 */
export async function answerBadge(
  { topic, payload, at }: AgentEvent,
  node: AgentNode,
  parts: BadgeParts,
): Promise<void> {
  const { memory } = parts;
  const reader = text(payload, 'reader');
  if (topic !== `badge/${reader}`) throw new Fault('bad_field', `a badge of reader ${reader} arrived as ${topic}`);
  const event = text(payload, 'event');
  const views = parseViewList(object(payload, 'credential'), 'views');
  const pin = (payload.pin ?? null) === null ? null : parseViewList(payload, 'pin');
  const { value: gathered } = await memory.steadily(() => gatherAtReader(node, reader, { views, pin }, at));
  const evidence = withMemory(gathered, parts);
  const decision = decide(evidence);
  learn(decision, evidence, memory);
  const looking = cardApart(evidence, memory, node);
  if (decision.granted) await grant(decision, evidence, event, node, parts);
  else await deny(decision, evidence, { reader, views, event }, node);
  const apart = await looking;
  if (apart !== null) await tellApart(apart, event, evidence, node);
}

async function grant(
  decision: Decision,
  { found, at }: Evidence,
  event: string,
  node: AgentNode,
  { releases }: BadgeParts,
): Promise<void> {
  if (found === null) throw new Error('a grant without a door');
  const opening = await openDoor(node, found, releases);
  const { rule, member } = decision;
  await node.append('granted', {
    ...{ door: found.name, ...whoOf(decision), rule, ...opening, event, clock: at.quality },
  });
  await sayEvent(node, { type: 'granted', door: found.name, ...(member === null ? {} : { member }), rule });
}

async function deny(
  decision: Decision,
  { found, at }: Evidence,
  { reader, views, event }: { readonly reader: string; readonly views: readonly View[]; readonly event: string },
  node: AgentNode,
): Promise<void> {
  const [first] = decision.denials;
  if (first === undefined) throw new Error('a denial without a code');
  const where = found === null ? { reader } : { door: found.name };
  const strange = first.code === 'unknown_badge' ? newestViews(views) : {};
  await node.append('denied', { ...where, ...first, ...whoOf(decision), ...strange, event, clock: at.quality });
  const { member } = decision;
  await sayEvent(node, { type: 'denied', ...where, ...first, ...(member === null ? {} : { member }) });
}

function withMemory(evidence: Evidence, { memory, alarms }: BadgeParts): Evidence {
  const { found, card, at } = evidence;
  if (found === null || card.type !== 'member') return evidence;
  const { member, badge } = card.person;
  return {
    ...evidence,
    tries: badge === null ? null : memory.triesOf(member, badge, evidence.tries),
    waiting: memory.waitingAt(found.name, found.door.twoMs, at),
    welded: evidence.welded || alarms.stands(found.name, 'welded'),
  };
}

/** Keeps what the next presentation must know before the state does. */
function learn(decision: Decision, { found, at, tries }: LearnFrom, memory: Memory): void {
  const { member, badge, granted, denials, isPinRight } = decision;
  if (found === null || member === null || badge === null) return;
  const [first] = denials;
  if (first?.code === 'pin_wrong') memory.wrongPin(member, badge, tries, at);
  if (isPinRight && (granted || isAfterPin(first?.code))) memory.rightPin(member, badge);
  if (first?.code === 'second_person_missing') memory.waits(found.name, member, at);
  if (granted) memory.waitsNoMore(found.name);
}

interface LearnFrom {
  readonly found: Evidence['found'];
  readonly at: Moment;
  readonly tries: Tries | null;
}

/** Whether the PIN had been asked for and taken when this denial was found. */
function isAfterPin(code: string | undefined): boolean {
  return code === 'passback' || code === 'second_person_missing' || code === 'welded';
}

/** What is known of who it was; what is not is left out. */
function whoOf({ member, badge, card, second, isPinRight, granted, denials }: Decision): JsonObject {
  return {
    ...(member === null ? {} : { member }),
    ...(badge === null ? {} : { badge }),
    ...(card === null ? {} : { card }),
    ...(second === null ? {} : { second }),
    ...(isPinRight && (granted || isAfterPin(denials[0]?.code)) ? { pin: true } : {}),
  };
}

/** The views of a card nobody knows under the newest badge key, by which an admin can enrol it afterwards. */
function newestViews(views: readonly View[]): JsonObject {
  const newest = views.filter(({ epoch }) => epoch === views[0]?.epoch);
  return newest.length === 0 ? {} : { views: newest.map(({ epoch, bits, hash }) => ({ epoch, bits, hash })) };
}
