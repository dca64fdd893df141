/**
 * Tokens that others have published with their keys, so that reading is held to more than our own writing. Data
 * only. Keys are Base64, whatever their source writes them in.
 */
export interface PublishedToken {
  /** The producer, and where it is published. */
  source: string;
  cek: string;
  token: string;
  plaintext: string;
}

/** `dir`, `A256GCM`, a `kid` and JSON inside: tokens as the contract has them, to be read as they are. */
export const readable: readonly (PublishedToken & { kid: string })[] = [
  {
    // The key is HKDF-SHA-256 of the file's recovery key, salted with its uid, for "fxa recovery encrypt key".
    source: "Mozilla: mozilla/fxa, packages/fxa-auth-client/test/recoveryKey.ts, expectedRecoveryData",
    kid: "6aa248931704886f54ac64b81b111bc0",
    cek: "WMdzlOUWeZMEoG+jcIKKJXCyhep+Rh7U15KDDu/+bRo=",
    token:
      "eyJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiZGlyIiwia2lkIjoiNmFhMjQ4OTMxNzA0ODg2ZjU0YWM2NGI4MWIxMTFiYzAifQ.." +
      "7t3Mu6qZiHdmVUQz.qoXWfU77FBV67Pyy_GXAkoSuAbksIqAXZd2tkq48iD3u_qWEEAeYx-M3m2G373zes3OXsSZdJIGRFmd" +
      "8bC9s4ZvN3kF3A6vK5g.yT7bkdF8AYC6ecwsvRCI7A",
    plaintext: '{"kB":"000000111111222222333333444444555555666666777777888888999999ABCD"}',
  },
  {
    source: "node-jose: adorsys/encrypt-down, README.md, Usage",
    kid: "jZDHEj7FaGsy8sTIFKEigz0xN1DUiAejtKVMpIvgwj8",
    cek: "123456789abcdefghijklmnopqrstuvwxyz12345678=",
    token:
      "eyJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiZGlyIiwia2lkIjoialpESEVqN0ZhR3N5OHNUSUZLRWlnejB4TjFEVWlBZWp0S1ZN" +
      "cEl2Z3dqOCJ9..LLeRPtRCpn-Zie6-.zZc0LQ_vvHCppRAaC5fxw4yJ0041l6mGOSgLDVnaPagSv_3Khp8a8lyAo9utHQKpV" +
      "X6RNVaVPBQQxJpkw_Zyljeg7L-O_Nc3N2Hi_904qE6_zwORqQRc.R0JhfgTHIcD_93kXzZ8BrA",
    plaintext: '{"_types":{"value":"object"},"value":{"_types":{"awesome":"boolean"},"awesome":"true"}}',
  },
  {
    source: "node-jose: adorsys/jwe-codec, README.md, Usage",
    kid: "jZDHEj7FaGsy8sTIFKEigz0xN1DUiAejtKVMpIvgwj8",
    cek: "123456789abcdefghijklmnopqrstuvwxyz12345678=",
    token:
      "eyJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiZGlyIiwia2lkIjoialpESEVqN0ZhR3N5OHNUSUZLRWlnejB4TjFEVWlBZWp0S1ZN" +
      "cEl2Z3dqOCJ9..lipFQHmBiBhsTRqE.4rLjRCOj7JZIKOpToIhOp8cJgvfNWl4Yo__VnkO7yRIYjrCLdGRl5fcR.9S_DwYmk" +
      "pdLap1yyYYq44A",
    plaintext: '{"_types":{"value":"number"},"value":"42"}',
  },
  {
    source: "PHP JOSE: Spomky-Labs/jose, examples/Load4.php (2015, commit 0cb586e)",
    kid: "My Shared Key",
    cek: "saH0gFSP4XM/tAP/a5rU9ooHbltwLiJpL4LLLnrqQPw=",
    token:
      "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwia2lkIjoiTXkgU2hhcmVkIEtleSJ9..gqkq-9muWfQd3AHD.kg_fCtrkI" +
      "d7poGRCUP9ARO4KQ4m0R6lU5rwNS8Mm8nLFMy_X3nBC1VkL_zDehO4K6eEliZ9ISBEE7fFM6aFppfTCwFd_q-qikoOy7zsSe" +
      "OOEawDZX2qMMdZYnaZs1HZTezdgS7HmoNK1J1TfE1PNrmhjrIZEbTANWw.Hxy5fTBX8X10_bz5UuDeBQ",
    plaintext:
      '{"iss":"My app","exp":1440502712,"iat":1440499112,"nbf":1440499112,"sub":"foo@bar","jti":"0123456789","aud":"My service"}',
  },
];

/** `dir` with `A256GCM` and JSON inside, but no `kid`: the library reads it with our options, the cipher must not. */
export const withoutKid: PublishedToken = {
  source: "jwcrypto: lawliet89/biscuit, src/jwe.rs, jwe_interoperability_check",
  cek: "+wcjSeVOJ0V43ij5uDBeFlOR1w2T40jqIfICQb8+sUw=",
  token: "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..fHhEyBZ9S4CsGi1Y.gnTZjScRZu22rvk.F8SJn0TUAus8w_TaItsOJw",
  plaintext: '"Encrypted"',
};

/** Sound tokens of other algorithms, and a compressed one: whoever does not pin the algorithms reads them. */
export const refused: readonly PublishedToken[] = [
  {
    // The same token is Wycheproof's json_web_encryption_test.json, tcId 132.
    source: "dir with A128GCM: RFC 7520 §5.6, figure 136",
    cek: "XctOhJAkA+pD9Lh7ZgW/2A==",
    token:
      "eyJhbGciOiJkaXIiLCJraWQiOiI3N2M3ZTJiOC02ZTEzLTQ1Y2YtODY3Mi02MTdiNWI0NTI0M2EiLCJlbmMiOiJBMTI4R0NN" +
      "In0..refa467QzzKx6QAB.JW_i_f52hww_ELQPGaYyeAB6HYGcR559l9TYnSovc23XJoBcW29rHP8yZOZG7YhLpT1bjFuvZP" +
      "jQS-m0IFtVcXkZXdH_lr_FrdYt9HRUYkshtrMmIUAyGmUnd9zMDB2n0cRDIHAzFVeJUDxkUwVAE7_YGRPdcqMyiBoCO-FBdE" +
      "-Nceb4h3-FtBP-c_BIwCPTjb9o0SbdcdREEMJMyZBH8ySWMVi1gPD9yxi-aQpGbSv_F9N4IZAxscj5g-NJsUPbjk29-s7LJA" +
      "Gb15wEBtXphVCgyy53CoIKLHHeJHXex45Uz9aKZSRSInZI-wjsY0yu3cT4_aQ3i1o-tiE-F8Ios61EKgyIQ4CWao8PFMj8TT" +
      "np.vbb32Xvllea2OtmHAdccRQ",
    plaintext:
      "You can trust us to stick with you through thick and thin\u2013to the bitter end. And you can trust us to " +
      "keep any secret of yours\u2013closer than you keep it yourself. But you cannot trust us to let you face " +
      "trouble alone, and go off without a word. We are your friends, Frodo.",
  },
  {
    source: "A256GCMKW with A256GCM: C2SP/wycheproof, json_web_encryption_test.json, tcId 73",
    cek: "+iWJNYJ6ntoY6Uzmqe9hZGiYxVLQYBNQbnob1AbLh14=",
    token:
      "eyJhbGciOiJBMjU2R0NNS1ciLCJlbmMiOiJBMjU2R0NNIiwiaXYiOiJramp0YnBWUm1JME1nbkRrIiwidGFnIjoiS3ZyTTM1" +
      "STdhMXdzWUZpNEhrVkhNUSJ9.gy8f-5kFQC6D20onSU5BeaSYEFZ-yde-PCg4CCYYdR0.9zlxPVfbzTW-RDh5.0L7T.Q1HY-" +
      "Rjg8IBaSm458LKOVQ",
    plaintext: "foo",
  },
  {
    source: "dir with A256GCM, compressed: Spomky-Labs/jose, examples/Load4.php and Encrypt2.php",
    cek: "saH0gFSP4XM/tAP/a5rU9ooHbltwLiJpL4LLLnrqQPw=",
    token:
      "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwiemlwIjoiREVGIn0..QwM0qVoagkgHEoMC.RmuWAHKe69RxZJEE4zibnW" +
      "eAeX8Ib_o.K2F65di0R7F_jOu9hdrsBQ",
    plaintext: "8:00PM, train station",
  },
];

/** RSA-OAEP with A256GCM: RFC 7516 appendix A.1, with the content-encryption key that A.1.2 gives away. */
export const rsaOaep: PublishedToken = {
  source: "RFC 7516 appendix A.1",
  cek: "saH0gFSP4XM/tAP/a5rU9ooHbltwLiJpL4LLLnrqQPw=",
  token:
    "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJR" +
    "gckCL9kiMT03JGeipsEdY3mx_etLbbWSrFr05kLzcSr4qKAq7YN7e9jwQRb23nfa6c9d-StnImGyFDbSv04uVuxIp5Zms1gN" +
    "xKKK2Da14B8S4rzVRltdYwam_lDp5XnZAYpQdb76FdIKLaVmqgfwX7XWRxv2322i-vDxRfqNzo_tETKzpVLzfiwQyeyPGLBI" +
    "O56YJ7eObdv0je81860ppamavo35UgoRdbYaBcoh9QcfylQr66oc6vFWXRcZ_ZT2LawVCWTIy3brGPi6UklfCpIMfIjf7iGd" +
    "XKHzg.48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3a" +
    "jwQzaBtQD_A.XFBoMYUZodetZdvTiFvSkQ",
  plaintext: "The true sign of intelligence is not knowledge but imagination.",
};
