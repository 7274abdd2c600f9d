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
import type { Memory } from './memory.ts';
import { openDoor } from './opening.ts';

/**
 * Event `badge/<reader>` with `{reader, event, credential: {family, views}, pin?}`: decides, opens, and only then
 * writes down what happened, because someone stands at the door.
 */
export async function answerBadge({ topic, payload, at }: AgentEvent, node: AgentNode, memory: Memory): Promise<void> {
  const reader = text(payload, 'reader');
  if (topic !== `badge/${reader}`) throw new Fault('bad_field', `a badge of reader ${reader} arrived as ${topic}`);
  const event = text(payload, 'event');
  const views = parseViewList(object(payload, 'credential'), 'views');
  const pin = (payload.pin ?? null) === null ? null : parseViewList(payload, 'pin');
  const { value: gathered } = await memory.steadily(() => gatherAtReader(node, reader, { views, pin }, at));
  const evidence = withMemory(gathered, memory);
  const decision = decide(evidence);
  learn(decision, evidence, memory);
  const { found } = evidence;
  if (found !== null && decision.granted) {
    const opening = await openDoor(node, found.door);
    const { rule } = decision;
    await node.append('granted', {
      ...{ door: found.name, ...whoOf(decision), rule, ...opening, event, clock: at.quality },
    });
    return;
  }
  const [first] = decision.denials;
  if (first === undefined) throw new Error('a denial without a code');
  const where = found === null ? { reader } : { door: found.name };
  const strange = first.code === 'unknown_badge' ? newestViews(views) : {};
  await node.append('denied', { ...where, ...first, ...whoOf(decision), ...strange, event, clock: at.quality });
}

function withMemory(evidence: Evidence, memory: Memory): Evidence {
  const { found, card, at } = evidence;
  if (found === null || card.type !== 'member') return evidence;
  const { member, badge } = card.person;
  return {
    ...evidence,
    tries: badge === null ? null : memory.triesOf(member, badge, evidence.tries),
    waiting: memory.waitingAt(found.name, found.door.twoMs, at),
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
  return code === 'passback' || code === 'second_person_missing';
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
