import type { BatchStatus } from "../store/batches";
import type { WhiteList } from "../store/carriers";
import type { KeyType } from "../store/certificates";
import type { RevocationReason } from "../x509/device-certificates";
import type { DeviceFields } from "./actions";

/** A certificate as the platform's QueryDeviceCert answers it. */
export interface DeviceCertInfo {
	CertSN: string;
	/** 1 it could not be made (or was revoked), 2 it is there. */
	Status: 1 | 2;
	Certificate: string;
	PrivateKey: string;
}

export interface CertificateInfo {
	CertSN: string;
	KeyType: KeyType;
	State: "VALID" | "REPLACED" | "EXPIRED" | "REVOKED";
	Reason: string;
	UtcNotBefore: string;
	UtcNotAfter: string;
	/** Of a replaced one: till when it is still taken; empty for others. */
	UtcAcceptedUntil: string;
}

/** Certificates of X.509 devices. */
export interface X509Actions {
	QueryDeviceCert: { request: DeviceFields; response: { DeviceCertInfo: DeviceCertInfo } };
	/** Ours: all certificates that a device had. */
	QueryDeviceCertList: { request: DeviceFields; response: { Data: { CertificateInfo: CertificateInfo[] } } };
	/** Ours. */
	RenewDeviceCert: {
		request: DeviceFields & { KeyType?: KeyType; GraceDays?: number };
		response: { DeviceCertInfo: DeviceCertInfo };
	};
	/** Ours: without CertSN all of the device's. */
	RevokeDeviceCert: {
		request: DeviceFields & { CertSN?: string; RevocationReason?: RevocationReason };
		response: { Data: { CertSN: string[] } };
	};
	/** Ours: what checks certificates of devices, PEM. */
	QueryDeviceCertAuthority: { request: Record<never, never>; response: { Data: { Certificate: string; Crl: string } } };
}

export interface InvalidDetailItem {
	DeviceName: string;
	ErrorMsg: string;
}

export interface BatchInfo {
	ApplyId: number;
	Status: BatchStatus;
	UtcCreate: string;
	/** Empty while it is being made. */
	UtcFinished: string;
}

/** Devices made together. */
export interface BatchActions {
	BatchRegisterDevice: {
		request: { ProductKey: string; Count: number; KeyType?: KeyType };
		response: { Data: { ApplyId: number } };
	};
	BatchCheckDeviceNames: {
		request: {
			ProductKey: string;
			DeviceName?: string[];
			DeviceNameList?: { DeviceName: string; DeviceNickname?: string }[];
			KeyType?: KeyType;
		};
		response: {
			Data: {
				ApplyId: number;
				InvalidDeviceNameList: { InvalidDeviceName: string[] };
				InvalidDetailList: { InvalidDetailItem: InvalidDetailItem[] };
			};
		};
	};
	BatchRegisterDeviceWithApplyId: {
		request: { ProductKey: string; ApplyId: number };
		response: { Data: { ApplyId: number } };
	};
	QueryBatchRegisterDeviceStatus: {
		request: { ProductKey: string; ApplyId: number };
		response: {
			Data: {
				Status: BatchStatus;
				ValidList: { Name: string[] };
				InvalidList: { Name: string[] };
				InvalidDetailList: { InvalidDetailItem: InvalidDetailItem[] };
			};
		};
	};
	QueryPageByApplyId: {
		request: { ApplyId: number; CurrentPage?: number; PageSize?: number };
		response: {
			Page: number;
			PageSize: number;
			PageCount: number;
			Total: number;
			ApplyDeviceList: { ApplyDeviceInfo: { IotId: string; DeviceName: string; DeviceSecret: string }[] };
		};
	};
	QueryCertUrlByApplyId: { request: { ApplyId: number }; response: { CertUrl: string } };
	/** Ours: the console's list of batches. */
	QueryBatchList: { request: { ProductKey: string }; response: { Data: { BatchInfo: BatchInfo[] } } };
	/** Ours: the table that the console's button downloads. */
	QueryBatchCsv: { request: { ProductKey: string; ApplyId: number }; response: { Data: { Csv: string } } };
}

export interface CarrierInfo {
	Id2: string;
	/** The product one of whose licences it uses, or empty. */
	ProductKey: string;
	/** The device that it is, or empty. */
	IotId: string;
	UtcCreate: string;
	UtcUsed: string;
}

/** ID², all of it ours: Alibaba has another console for it. */
export interface Id2Actions {
	QueryId2Product: {
		request: { ProductKey: string };
		response: { Data: { Licences: number; Used: number; WhiteList: WhiteList } };
	};
	AssignId2Licences: {
		request: { ProductKey: string; Count: number };
		response: { Data: { Licences: number; Used: number } };
	};
	SetId2WhiteList: { request: { ProductKey: string; WhiteList: WhiteList }; response: Record<never, never> };
	/** Makes carriers: the only answer that ever has their keys. */
	CreateId2Carrier: {
		request: { Count?: number };
		response: { Data: { Carrier: { Id2: string; Key: string }[] } };
	};
	/** Takes the carriers of a batch of chips. */
	ImportId2Carriers: {
		request: { Carrier: { Id2: string; Key: string }[] };
		response: { Data: { Count: number } };
	};
	QueryId2CarrierList: {
		request: { CurrentPage?: number; PageSize?: number };
		response: {
			Page: number;
			PageSize: number;
			PageCount: number;
			Total: number;
			Data: { CarrierInfo: CarrierInfo[] };
		};
	};
	BindId2Carrier: { request: DeviceFields & { Id2: string }; response: Record<never, never> };
	DeleteId2Carrier: { request: { Id2: string }; response: Record<never, never> };
}
