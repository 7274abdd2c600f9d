import { serveAgent } from '../sdk/serve-agent.ts';
import { doorAgent } from './acting/acting.ts';

serveAgent(doorAgent());
