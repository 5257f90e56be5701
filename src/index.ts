/** The library's public face. */

export { planFromArguments } from './istio/plan-from-arguments.ts';
