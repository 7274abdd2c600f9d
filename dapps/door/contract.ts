import { serveContract } from '../sdk/serve-contract.ts';
import { DOOR } from './rules.ts';

serveContract(DOOR);
