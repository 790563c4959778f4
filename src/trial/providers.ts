import type { ProviderProfile } from './provider.ts';
import { gmail } from './providers/gmail.ts';
import { microsoft365 } from './providers/microsoft-365.ts';
import { opendmarc } from './providers/opendmarc.ts';
import { postfix } from './providers/postfix.ts';

/** The providers that the trial's mail world can play, by name. */
export const PROVIDERS = { gmail, 'microsoft-365': microsoft365, postfix, opendmarc } satisfies Record<
  string,
  ProviderProfile
>;
export type ProviderName = keyof typeof PROVIDERS;

/** What the trial plays unless told otherwise: a server of one's own, with the filters that most of them have. */
export const USUAL_PROVIDER: ProviderName = 'opendmarc';
