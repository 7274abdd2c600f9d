import type { AgentEvent, AgentNode } from '../sdk/agent.ts';
import { Fault } from '../sdk/fault.ts';
import { object, text } from '../sdk/fields.ts';
import type { JsonObject } from '../sdk/json.ts';
import { CallError } from '../sdk/peer.ts';
import { type Decision, decide } from './decision.ts';
import { doorOfReader, gather } from './evidence.ts';
import type { Door, View } from './records.ts';
import { parseViews } from './records.ts';

/**
 * Event `badge/<reader>` with `{reader, event, credential: {family, views}}`: decides, opens, and only then writes
 * down what happened, because someone stands at the door. The output moves here and nowhere else in this dapp.
 */
export async function answerBadge({ topic, payload, at }: AgentEvent, node: AgentNode): Promise<void> {
  const reader = text(payload, 'reader');
  if (topic !== `badge/${reader}`) throw new Fault('bad_field', `a badge of reader ${reader} arrived as ${topic}`);
  const event = text(payload, 'event');
  const views = parseViews(object(payload, 'credential'));
  const { found, evidence } = await gather(node, doorOfReader(node, reader), views, at);
  const decision = decide(evidence);
  if (found !== null && decision.granted) {
    const opened = await open(node, found.door);
    const { member, badge, rule } = decision;
    await node.append('granted', { door: found.name, member, badge, rule, event, clock: at.quality, ...opened });
    return;
  }
  const { granted: _, ...denial } = decision;
  const where = found === null ? { reader } : { door: found.name };
  await node.append('denied', { ...where, ...denial, ...unknownView(decision, views), event, clock: at.quality });
}

/** What became of the output: the pulse's id, or the code with which the node refused it. */
async function open(node: AgentNode, door: Door): Promise<{ pulse: string } | { fault: string }> {
  try {
    const { pulse } = await node.pulse(door.output, door.openMs);
    return { pulse };
  } catch (error) {
    if (error instanceof CallError) return { fault: error.code };
    throw error;
  }
}

/** The widest newest view of a card nobody knows, so that an admin can tell two strange cards apart in the log. */
function unknownView(decision: Decision, views: readonly View[]): JsonObject {
  const [first, ...rest] = views;
  if (decision.granted || decision.code !== 'unknown_badge' || first === undefined) return {};
  const { epoch, bits, hash } = rest.reduce(
    (best, view) => (view.bits > best.bits && view.epoch === best.epoch ? view : best),
    first,
  );
  return { view: { epoch, bits, hash } };
}
