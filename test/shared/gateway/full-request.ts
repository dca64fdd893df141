import type { CreateRequest } from "../../../shared/gateway/create.ts";

const name = (first_name: string) => ({ first_name, middle_name: "Middle-Name", last_name: "Example-Name" });

const address = {
  type: "permanent" as const,
  house_number: "House No. 0",
  street_address: "Example Street",
  district: "Example District",
  pincode: "000000",
  city: "Example City",
  state: "Example State",
  country_code: "+00",
  country: "Example Country",
};

const pan = (document: string) => ({
  document_1: `https://files.example.com/${document}-front.jpg`,
  id_number: `NUMBER-OF-${document}`,
  dob: "1900-01-01",
  name: name(`Name-On-${document}`),
  fathers_name: name(`Father-On-${document}`),
});

const card = (document: string) => ({
  ...pan(document),
  document_2: `https://files.example.com/${document}-back.jpg`,
  gender: "Example-Gender",
  address,
});

/** A create request that uses every field of contract §3.1; nothing in it belongs to anybody. */
export const fullCreateRequest = (reference_id: string, config_id: string): CreateRequest => ({
  reference_id,
  group_id: "group-example",
  config: {
    id: config_id,
    overrides: {
      video_kyc_priority: 7,
      assignee: [{ email: "agent@bank.example.com", action: "video_call" }],
    },
    reference_profile_id: "profile-of-last-year",
  },
  data: {
    name: name("Customer"),
    company_name: "Example Company",
    email_ids: ["customer@mail.example.com", "second@mail.example.com"],
    dob: "1900-01-01",
    mobile_numbers: ["0000000000", "0000000001"],
    addresses: [address, { ...address, type: ["current", "correspondence", "other"] }],
    ind_aadhaar_details: card("aadhaar"),
    ind_aadhaar_otp_details: card("aadhaar-otp"),
    ind_aadhaar_xml_details: card("aadhaar-xml"),
    // The documentation has a number here, too.
    ind_aadhaar_qr_details: { ...card("aadhaar-qr"), id_number: 0 },
    ind_nsdl_details: { id_number: "NUMBER-OF-nsdl", name: name("Nsdl"), nsdl_name: name("Registered") },
    ind_pan_details: pan("pan"),
    ind_driving_license_details: card("licence"),
    ind_voter_id_details: card("voter-id"),
    ind_passport_details: card("passport"),
    videos: [
      { type: "agent", value: "https://files.example.com/agent.mp4" },
      { type: "customer", value: "https://files.example.com/customer.mp4" },
      { type: "self", value: "https://files.example.com/self.mp4" },
    ],
    selfies: ["https://files.example.com/selfie.jpg"],
    wet_signatures: ["https://files.example.com/signature.jpg"],
    additional_details: [
      {
        category: "rent-agreement",
        page: "front",
        type: "image",
        value: "https://files.example.com/rent.jpg",
      },
      {
        category: "rent-agreement",
        page: "back",
        type: "video",
        value: "https://files.example.com/rent.mp4",
      },
      {
        category: "bank-statement",
        page: "1",
        type: "document",
        value: "https://files.example.com/bank.pdf",
      },
      { category: "declaration", page: "1", type: "text", value: "Declared by an example" },
    ],
  },
  payload: {
    security_questions: [{ question: "Colour of the example?", answer: "Example-Blue" }],
    self_video_activity_templates: [
      { type: "read_text", data: "Please read this example aloud" },
      { type: "read_random_digits", data: "0000" },
    ],
    messages: [{ label: "Remarks of the example", value: ["First remark", "Second remark"] }],
  },
  relay_data: Buffer.from("handed back as it is").toString("base64"),
});
