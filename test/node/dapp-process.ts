import { until } from './program.ts';
import type { TestSpace } from './space-harness.ts';

/**
 * The process of a dapp's `agent.ts` or `contract.ts`. Right after a start or a kill the one before may live on for a
 * moment; it is not the one that is meant, so this waits until there is no other.
 */
export async function dappProcess(space: TestSpace, script: 'agent.ts' | 'contract.ts', dapp: string): Promise<number> {
  let pids: readonly number[] = [];
  await until(
    () => {
      const found = space.living().filter(({ command, cwd }) => command.endsWith(script) && cwd.endsWith(`/${dapp}`));
      pids = found.map(({ pid }) => pid);
      return pids.length === 1;
    },
    () => `one ${script} of ${dapp}: ${JSON.stringify(space.living())}`,
  );
  const [pid = 0] = pids;
  return pid;
}
