import type { Finding } from './finding.ts';
import type { House } from './house.ts';
import type { Module } from './module-facts.ts';

/** No file reaches itself through imports. Every file on some cycle is on one of those reported. */
export function checkCycles(house: House): readonly Finding[] {
  const modules = new Map(house.modules.map((module) => [module.path, module]));
  const reported = new Set<string>();
  const findings: Finding[] = [];
  for (const { path } of house.modules) {
    if (reported.has(path)) continue;
    const cycle = shortestCycle(modules, path);
    if (cycle === undefined) continue;
    for (const one of cycle) reported.add(one);
    const line = modules.get(path)?.imports.find((one) => one.target === (cycle[1] ?? path))?.line ?? 1;
    const message = `import cycle ${[...cycle, path].join(' -> ')}: move what they share into a file of its own`;
    findings.push({ path, line, rule: 'cycle', message });
  }
  return findings;
}

function shortestCycle(modules: ReadonlyMap<string, Module>, start: string): readonly string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const path of queue) {
    for (const { target } of modules.get(path)?.imports ?? []) {
      if (target === start) return trail(cameFrom, start, path);
      if (target === undefined || cameFrom.has(target) || !modules.has(target)) continue;
      cameFrom.set(target, path);
      queue.push(target);
    }
  }
  return undefined;
}

/** The files from `start` to `end`, both included. */
function trail(cameFrom: ReadonlyMap<string, string>, start: string, end: string): readonly string[] {
  const path = [end];
  for (let at = end; at !== start; path.unshift(at)) at = cameFrom.get(at) ?? start;
  return path;
}
