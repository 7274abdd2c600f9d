import { messageOf } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { UNTOLD_PULSES_MAX } from '../base/limits.ts';
import { idText } from '../format/ids.ts';
import type { AgentHost } from '../sandbox/agent-calls.ts';
import type { Log } from '../sandbox/log.ts';
import type { AllOutputs } from './all-outputs.ts';
import type { MessageBus } from './message-bus.ts';
import type { Space } from './space.ts';

/** A fact that an agent here has just written. */
export interface Fact {
  readonly dapp: string;
  readonly kind: string;
  readonly body: JsonObject;
}

export interface HostParts {
  readonly space: Space;
  readonly outputs: AllOutputs;
  readonly log: Log;
  readonly bus: MessageBus;
  /** What stands before the topics that agents name. */
  readonly topicBase: string;
  /** Runs after an agent's fact is in the ledger. */
  readonly onFact: (fact: Fact) => void;
  /** A pulse of which its agent will not tell. */
  readonly onOrphan: (pulse: string) => void;
}

/** What an agent has begun and not ended. */
export interface Debts {
  /** Outputs it holds. */
  readonly held: Set<string>;
  /** Pulses it has not told of in a fact yet. */
  readonly untold: Set<string>;
  /** How often it has failed. */
  failures: number;
}

/** What the node does for the agent of `dapp`. */
export function hostFor(dapp: string, parts: HostParts, debts: Debts): AgentHost {
  const { space, outputs, bus, topicBase, onFact, onOrphan } = parts;
  return {
    read: (from, key) => space.state.read(from, key),
    scan: (from, prefix, after, limit) => space.state.scan(from, prefix, after, limit),
    async append(kind: string, body: Json) {
      const fact = { dapp, kind, body: body as JsonObject };
      const { pulse } = fact.body;
      // Only of its own pulses can an agent tell. From here on nobody else tells of it.
      const own = typeof pulse === 'string' && debts.untold.delete(pulse) ? pulse : null;
      const { failures } = debts;
      try {
        const marks = own === null ? [] : [{ pulse: own, fact: `${dapp} ${kind}` }];
        const { block } = await space.appendFact(dapp, kind, fact.body, marks);
        onFact(fact);
        return { block: idText(block), index: 0 };
      } catch (error) {
        if (own !== null && failures === debts.failures) debts.untold.add(own);
        else if (own !== null) onOrphan(own);
        throw error;
      }
    },
    async pulse(output, ms) {
      const { failures } = debts;
      const result = await outputs.pulse(output, ms);
      debts.untold.add(result.pulse);
      const [oldest] = debts.untold;
      // The agent that asked is gone, or it never tells of any.
      const orphan = failures === debts.failures ? oldest : result.pulse;
      const isOrphan = failures !== debts.failures || debts.untold.size > UNTOLD_PULSES_MAX;
      if (isOrphan && orphan !== undefined) {
        debts.untold.delete(orphan);
        onOrphan(orphan);
      }
      return result;
    },
    async hold(output) {
      debts.held.add(output);
      await outputs.hold(output);
    },
    async release(output) {
      debts.held.delete(output);
      await outputs.release(output);
    },
    output: (output) => outputs.output(output),
    // At least once: who listens for a door's state must not miss the last one.
    publish: (topic, payload, retain) =>
      bus.publish(`${topicBase}/${topic}`, JSON.stringify(payload), { retain, qos: 1 }),
  };
}

/** What a dead agent held goes to its safe level; its pulses end on their own time, and are told by us. */
export function settle(debts: Debts, { outputs, log, onOrphan }: HostParts): void {
  const { held, untold } = debts;
  debts.failures += 1;
  for (const output of held) {
    outputs.release(output).catch((error: unknown) => log.warn({ output }, `release failed: ${messageOf(error)}`));
  }
  held.clear();
  for (const pulse of untold) onOrphan(pulse);
  untold.clear();
}
