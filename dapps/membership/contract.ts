import { serveContract } from '../sdk/serve-contract.ts';
import { MEMBERSHIP } from './rules.ts';

serveContract(MEMBERSHIP);
