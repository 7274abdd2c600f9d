import { CodedError } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';
import type { Clock } from '../base/ports.ts';
import { idText } from '../format/ids.ts';
import { type Agent, startAgent } from '../sandbox/agent.ts';
import type { Runner } from '../sandbox/runner.ts';
import { topicMatches } from '../sandbox/topics.ts';
import { type Debts, type HostParts, hostFor, settle } from './agent-host.ts';
import type { Dapp } from './dapps.ts';
import type { ChangedKeys } from './fold.ts';

export interface AgentsParts extends HostParts {
  readonly runner: Runner;
  readonly clock: Clock;
  /** An agent has been started, again or for the first time, and knows nothing of what went before. */
  readonly onUp: () => void;
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
    const { space, runner, clock, log, onUp } = parts;
    const agents: { dapp: Dapp; agent: Agent }[] = [];
    for (const dapp of space.dapps.all()) {
      const { manifest, folder } = dapp;
      if (manifest.agent === undefined) continue;
      const debts: Debts = { held: new Set(), untold: new Set(), failures: 0 };
      const host = hostFor(manifest.name, parts, debts);
      const onDown = () => settle(debts, parts);
      const branch = idText(space.mesh);
      agents.push({
        dapp,
        agent: await startAgent({ manifest, folder, runner, branch, log, host, clock, onDown, onUp, isPatient: true }),
      });
    }
    return new Agents(parts, agents);
  }

  /**
   * Hands something that happened at this node to every agent that hears its topic. Failures are logged.
   * @returns false where an agent had no room for it, and may have later.
   */
  async event(topic: string, payload: JsonObject): Promise<boolean> {
    const { wallMs, quality } = this.#parts.clock.now();
    const hearers = this.#agents.filter(({ dapp }) =>
      dapp.manifest.permissions.hear.some((filter) => topicMatches(filter, topic)),
    );
    const taken = await Promise.all(
      hearers.map(async ({ dapp, agent }) => {
        try {
          await agent.event(topic, payload, { ms: wallMs, quality });
          return true;
        } catch (error) {
          if (!(error instanceof CodedError)) throw error;
          const fields = { ...error.fields, dapp: dapp.manifest.name, topic, code: error.code };
          this.#parts.log.warn(fields, `event lost: ${error.message}`);
          return error.code !== 'agent_busy';
        }
      }),
    );
    return taken.every((isTaken) => isTaken);
  }

  /**
   * Asks the agent of `dapp` for something that a person wants now.
   * @throws no_agent; the agent's own refusal; agent_down, agent_busy and the codes of a dapp that fails.
   */
  async request(dapp: string, name: string, params: JsonObject): Promise<Json> {
    const found = this.#agents.find((one) => one.dapp.manifest.name === dapp);
    if (found === undefined) {
      throw new CodedError('no_agent', `no agent of ${dapp} runs here`, { fields: { dapp } });
    }
    const { wallMs, quality } = this.#parts.clock.now();
    try {
      return await found.agent.request(name, params, { ms: wallMs, quality });
    } catch (error) {
      if (!(error instanceof CodedError) || error.code !== 'request_refused') throw error;
      const { cause } = error;
      throw cause instanceof CodedError ? new CodedError(cause.code, cause.message, { cause: error }) : error;
    }
  }

  /** Names of the dapps whose agent does not run now. */
  down(): readonly string[] {
    return this.#agents.filter(({ agent }) => !agent.isUp).map(({ dapp }) => dapp.manifest.name);
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
