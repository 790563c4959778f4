import { TRIAL_CUSTOMER } from '../trial-desk.ts';
import type { Person } from './mail-program.ts';

export const KAREN: Person = { name: 'Karen Miller', address: TRIAL_CUSTOMER, writes: 'text' };
export const JOHN: Person = { name: 'John Smith', address: 'john@desk.test', writes: 'text' };
export const JANE: Person = { name: 'Jane Doe', address: 'jane@desk.test', writes: 'html' };
