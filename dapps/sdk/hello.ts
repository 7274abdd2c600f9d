import { Fault } from './fault.ts';
import type { Json, JsonObject } from './json.ts';

/** The protocol version this SDK speaks. */
const ABI = 1;

/** Who a program is. The node compares it with the manifest before anything else. */
interface Identity {
  readonly name: string;
  readonly version: string;
  readonly kinds: readonly string[];
}

/** Answers `hello {abi, dapp, branch}`. @throws Fault wrong_abi, wrong_dapp */
export function greet({ name, version, kinds }: Identity, params: JsonObject): Json {
  if (params.abi !== ABI) throw new Fault('wrong_abi', `${name} speaks abi ${ABI}`);
  if (params.dapp !== name) throw new Fault('wrong_dapp', `this is ${name}`);
  return { name, version, kinds: [...kinds].sort() };
}
