import { expect, test } from 'vitest';
import { readClaimedDate } from '../../src/ingest/trim/claimed-date.ts';

test.for([
  ['Mon, 23 Nov 2026 10:00:00 +0100', '2026-11-23T09:00:00Z'],
  ['Mon, Nov 23, 2026 at 9:31 AM', '2026-11-23T09:31:00Z'],
  ['Mon, Nov 23, 2026 at 12:05 PM', '2026-11-23T12:05:00Z'],
  ['Monday, September 21, 2026, 5:55:44 PM -0400', '2026-09-21T21:55:44Z'],
  ['Monday, 23 November 2026 at 10:00', '2026-11-23T10:00:00Z'],
  ['Mo., 23. Nov. 2026 um 10:00 Uhr', '2026-11-23T10:00:00Z'],
  ['Montag, 23. November 2026 10:00', '2026-11-23T10:00:00Z'],
  ['lun. 23 nov. 2026 à 10:00', '2026-11-23T10:00:00Z'],
  ['lunes, 23 de noviembre de 2026 10:00', '2026-11-23T10:00:00Z'],
  ['pon., 23 lut 2026 o 10:00', '2026-02-23T10:00:00Z'],
  ['st 28. 10. 2026 v 9:31', '2026-10-28T09:31:00Z'],
  ['pondělí 23. února 2026 10:00', '2026-02-23T10:00:00Z'],
  ['2026. okt. 27., Sze, 9:31', '2026-10-27T09:31:00Z'],
  ['23 Kas 2026 Pzt, 10:00', '2026-11-23T10:00:00Z'],
  ['maanantai 21. syyskuuta 2026 klo 17.55.44 -0400', '2026-09-21T21:55:44Z'],
  ['пн, 23 нояб. 2026 г. в 10:00', '2026-11-23T10:00:00Z'],
  ['2026年11月23日月曜日 17:55:44 -0400', '2026-11-23T21:55:44Z'],
  ['23/11/2026 10:00', '2026-11-23T10:00:00Z'],
  ['11/23/2026 4:52 PM', '2026-11-23T16:52:00Z'],
  ['11/20/26 2:03 PM (GMT+01:00)', '2026-11-20T13:03:00Z'],
  ['20.11.26 14:03', '2026-11-20T14:03:00Z'],
  ['04.07.2026  17.45  (GMT+01:00)', '2026-07-04T16:45:00Z'],
])('%s', ([written = '', iso = '']) => {
  expect(readClaimedDate(written)).toEqual(new Date(iso));
});

test.for([
  ['two readings', '02/10/2026 10:00'],
  ['three readings', '02/10/26 10:00'],
  ['a month that is October in Croatian and November in Polish', '23 lis 2026 10:00'],
  ['no date', 'yesterday'],
  ['a day that is none', '31. 02. 2026 10:00'],
  ['no year', 'Monday 10:00'],
  ['nothing', ''],
])('unreadable: %s', ([, written = '']) => {
  expect(readClaimedDate(written)).toBeNull();
});
