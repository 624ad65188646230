// A self-signed certificate for a service provider: Node.js reads certificates but makes none, so this writes the DER.
import {createSign, generateKeyPairSync} from "node:crypto";

const der = (tag, ...parts) => {
    const body = Buffer.concat(parts);
    const length = body.length < 128 ? [body.length] : body.length < 256 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 255];
    return Buffer.concat([Buffer.from([tag, ...length]), body]);
};
const sequence = (...parts) => der(0x30, ...parts);
const sha256WithRSA = sequence(Buffer.from("06092a864886f70d01010b0500", "hex"));
const commonName = text => sequence(der(0x31, sequence(Buffer.from("0603550403", "hex"), der(0x0c, Buffer.from(text)))));
const generalizedTime = date => der(0x18, Buffer.from(date.toISOString().replace(/[-:T]|\.\d+/g, "")));

/** A key and a certificate for it that is valid from an hour ago for a day: {key: PEM, certificate: base64 of the DER}. */
export function makeCertificate(name) {
    const {publicKey, privateKey} = generateKeyPairSync("rsa", {modulusLength: 2048});
    const hour = 3600_000, now = Date.now();
    const signed = sequence(
        Buffer.from("020101", "hex"), sha256WithRSA, commonName(name),
        sequence(generalizedTime(new Date(now - hour)), generalizedTime(new Date(now + 24 * hour))),
        commonName(name), publicKey.export({type: "spki", format: "der"})
    );
    const signature = createSign("sha256").update(signed).sign(privateKey);
    const whole = sequence(signed, sha256WithRSA, der(0x03, Buffer.from([0]), signature));
    return {key: privateKey.export({type: "pkcs8", format: "pem"}), certificate: whole.toString("base64")};
}
