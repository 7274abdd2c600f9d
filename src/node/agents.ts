import { CodedError, messageOf } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { UNTOLD_PULSES_MAX } from '../base/limits.ts';
import type { Clock } from '../base/ports.ts';
import { idText } from '../format/ids.ts';
import { type Agent, startAgent } from '../sandbox/agent.ts';
import type { AgentHost } from '../sandbox/agent-calls.ts';
import type { Log } from '../sandbox/log.ts';
import type { Runner } from '../sandbox/runner.ts';
import { topicMatches } from '../sandbox/topics.ts';
import type { Dapp } from './dapps.ts';
import type { ChangedKeys } from './fold.ts';
import type { Outputs } from './outputs.ts';
import type { Space } from './space.ts';

export interface AgentsParts {
  readonly space: Space;
  readonly outputs: Outputs;
  readonly runner: Runner;
  readonly clock: Clock;
  readonly log: Log;
  /** Runs after an agent's fact is in the ledger. */
  readonly onFact: (fact: Fact) => void;
  /** An agent died between a pulse and its fact. */
  readonly onOrphan: (pulse: string) => void;
}

/** A fact that an agent here has just written. */
export interface Fact {
  readonly dapp: string;
  readonly kind: string;
  readonly body: JsonObject;
}

/** The agents of this node. */
export class Agents {
  readonly #parts: AgentsParts;
  readonly #agents: readonly { readonly dapp: Dapp; readonly agent: Agent }[];

  private constructor(parts: AgentsParts, agents: readonly { dapp: Dapp; agent: Agent }[]) {
    this.#parts = parts;
    this.#agents = agents;
  }

  /** Starts the agent of every dapp that has one. One that does not start is tried again by itself. */
  static async start(parts: AgentsParts): Promise<Agents> {
    const { space, runner, clock, log } = parts;
    const agents: { dapp: Dapp; agent: Agent }[] = [];
    for (const dapp of space.dapps.all()) {
      const { manifest, folder } = dapp;
      if (manifest.agent === undefined) continue;
      const debts: Debts = { held: new Set(), untold: new Set() };
      const host = hostFor(manifest.name, parts, debts);
      const onDown = () => settle(debts, parts);
      const branch = idText(space.mesh);
      agents.push({
        dapp,
        agent: await startAgent({ manifest, folder, runner, branch, log, host, clock, onDown, isPatient: true }),
      });
    }
    return new Agents(parts, agents);
  }

  /** Hands something that happened at this node to every agent that hears its topic. Failures are logged. */
  async event(topic: string, payload: JsonObject): Promise<void> {
    const { wallMs, quality } = this.#parts.clock.now();
    const hearers = this.#agents.filter(({ dapp }) =>
      dapp.manifest.permissions.hear.some((filter) => topicMatches(filter, topic)),
    );
    await Promise.all(
      hearers.map(async ({ dapp, agent }) => {
        try {
          await agent.event(topic, payload, { ms: wallMs, quality });
        } catch (error) {
          if (!(error instanceof CodedError)) throw error;
          const fields = { ...error.fields, dapp: dapp.manifest.name, topic, code: error.code };
          this.#parts.log.warn(fields, `event lost: ${error.message}`);
        }
      }),
    );
  }

  changed(changes: ChangedKeys): void {
    const { wallMs, quality } = this.#parts.clock.now();
    for (const { agent } of this.#agents) {
      for (const [dapp, keys] of changes) agent.changed(dapp, keys, { ms: wallMs, quality });
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#agents.map(({ agent }) => agent.stop()));
  }
}

/** What an agent has begun and not ended. */
interface Debts {
  /** Outputs it holds. */
  readonly held: Set<string>;
  /** Pulses it has not told of in a fact yet. */
  readonly untold: Set<string>;
}

function hostFor(dapp: string, parts: AgentsParts, { held, untold }: Debts): AgentHost {
  const { space, outputs, onFact, onOrphan } = parts;
  return {
    read: (from, key) => space.state.read(from, key),
    scan: (from, prefix, after, limit) => space.state.scan(from, prefix, after, limit),
    async append(kind: string, body: Json) {
      const fact = { dapp, kind, body: body as JsonObject };
      const { block } = space.appendFact(dapp, kind, fact.body);
      if (typeof fact.body.pulse === 'string') untold.delete(fact.body.pulse);
      onFact(fact);
      return { block: idText(block), index: 0 };
    },
    async pulse(output, ms) {
      const result = await outputs.pulse(output, ms);
      untold.add(result.pulse);
      const [oldest] = untold;
      if (untold.size > UNTOLD_PULSES_MAX && oldest !== undefined) {
        untold.delete(oldest);
        onOrphan(oldest);
      }
      return result;
    },
    async hold(output) {
      held.add(output);
      await outputs.hold(output);
    },
    async release(output) {
      held.delete(output);
      await outputs.release(output);
    },
  };
}

/** What a dead agent held goes to its safe level; its pulses end on their own time, and are told by us. */
function settle({ held, untold }: Debts, { outputs, log, onOrphan }: AgentsParts): void {
  for (const output of held) {
    outputs.release(output).catch((error: unknown) => log.warn({ output }, `release failed: ${messageOf(error)}`));
  }
  held.clear();
  for (const pulse of untold) onOrphan(pulse);
  untold.clear();
}
