// Stands in for the package ip-address in the program, and loads it where an IPv6 address is first read.

Object.defineProperty(exports, 'Address6', {
  enumerable: true,
  get: () => require('../node_modules/ip-address/dist/ip-address.js').Address6,
});
