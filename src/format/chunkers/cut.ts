import { Chunker } from './chunker.ts';
import { FastcdcScanner, fastcdcPhases } from './fastcdc.ts';
import { fastcdcWasm } from './fastcdc-wasm.ts';
import type { ChunkerProfile } from './profile.ts';
import { RabinScanner, rabinPhases } from './rabin.ts';
import { rabinWasm } from './rabin-wasm.ts';
import { HAS_WASM } from './wasm-instance.ts';

/** Both cut alike; WASM is faster where there is one. */
export type ChunkerEngine = 'wasm' | 'javascript';

const BEST: ChunkerEngine = HAS_WASM ? 'wasm' : 'javascript';

export function chunkerFor(profile: ChunkerProfile, engine: ChunkerEngine = BEST): Chunker {
  if (profile.kind === 'rabin') {
    return new Chunker(engine === 'wasm' ? rabinWasm(profile) : new RabinScanner(profile), rabinPhases(profile));
  }
  return new Chunker(engine === 'wasm' ? fastcdcWasm(profile) : new FastcdcScanner(profile), fastcdcPhases(profile));
}
